// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
//! The samples that an end has out, found by where their bytes are: iceoryx2 gives
//! and wants objects, the benchmark knows addresses.

use iceoryx2::prelude::*;
use iceoryx2::sample::Sample;
use iceoryx2::sample_mut_uninit::SampleMutUninit;
use std::mem::MaybeUninit;

pub type Loan = SampleMutUninit<ipc::Service, [MaybeUninit<u8>], ()>;
pub type Taken = Sample<ipc::Service, [u8], ()>;

/// The object is dropped as what it is.
pub enum Held {
    Loan(Loan),
    Taken(#[allow(dead_code)] Taken),
}

/// last: where what was looked for last was found: its neighbour is next.
pub struct Table {
    addresses: Vec<*const u8>,
    samples: Vec<Option<Held>>,
    free: Vec<usize>,
    last: usize,
}

impl Table {
    pub fn new(count: usize) -> Self {
        Table {
            addresses: vec![std::ptr::null(); count],
            samples: (0..count).map(|_| None).collect(),
            free: (0..count).rev().collect(),
            last: 0,
        }
    }

    pub fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    pub fn put(&mut self, address: *const u8, held: Held) {
        let index = self.free.pop().expect("is_full() says otherwise");
        self.addresses[index] = address;
        self.samples[index] = Some(held);
    }

    /// Records go in the order in which they came, or backwards.
    pub fn get(&mut self, address: *const u8) -> Held {
        let mut index = self.last;
        while self.addresses[index] != address {
            index = if index + 1 < self.addresses.len() {
                index + 1
            } else {
                0
            };
        }
        self.last = index;
        self.addresses[index] = std::ptr::null();
        self.free.push(index);
        self.samples[index].take().expect("it has an address")
    }
}
