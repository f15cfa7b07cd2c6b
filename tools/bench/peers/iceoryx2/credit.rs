// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
//! The same as credit.h: how many records the other has taken, in the memory that
//! both share, as a send can't say "full" and leave the record as it is.

use crate::peer::Setup;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Written by one end.
#[repr(C, align(128))]
struct Line {
    taken: AtomicU64,
    closed: AtomicBool,
}

pub const SHARED_BYTES: u64 = 2 * std::mem::size_of::<Line>() as u64;

pub struct Credit {
    mine: *const Line,
    theirs: *const Line,
    depth: u64,
    sent: u64,
    seen: u64,
    taken: u64,
}

impl Credit {
    /// The setup's shared memory has to outlive it.
    pub unsafe fn open(setup: &Setup) -> Self {
        let lines = setup.shared as *const Line;
        Credit {
            mine: lines.add(setup.role as usize),
            theirs: lines.add(1 - setup.role as usize),
            depth: setup.depth,
            sent: 0,
            seen: 0,
            taken: 0,
        }
    }

    fn mine(&self) -> &Line {
        unsafe { &*self.mine }
    }

    fn theirs(&self) -> &Line {
        unsafe { &*self.theirs }
    }

    /// Acquire; pairs with the release in taken().
    pub fn left(&mut self) -> bool {
        if self.sent - self.seen < self.depth {
            return true;
        }
        self.seen = self.theirs().taken.load(Ordering::Acquire);
        self.sent - self.seen < self.depth
    }

    pub fn sent(&mut self) {
        self.sent += 1;
    }

    pub fn taken(&mut self) {
        self.taken += 1;
        self.mine().taken.store(self.taken, Ordering::Release);
    }

    /// Sequentially consistent: of two that close, one at least sees the other.
    pub fn close(&self) -> bool {
        self.mine().closed.store(true, Ordering::SeqCst);
        self.theirs().closed.load(Ordering::SeqCst)
    }
}
