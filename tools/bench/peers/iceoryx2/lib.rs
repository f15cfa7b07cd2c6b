// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
//! Eclipse iceoryx2 as the benchmark's peer: the table of ../../peer.h, whose
//! functions hand on to end.rs.

mod credit;
mod end;
mod held;
mod peer;

use end::End;
use peer::{Peer, Setup};
use std::ffi::{c_int, c_void};

unsafe extern "C" fn shared_bytes(_setup: *const Setup) -> u64 {
    credit::SHARED_BYTES
}

fn told(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(0)
}

/// The record's address is told only where there is one.
unsafe fn told_record(result: Result<*mut u8, c_int>, ret_record: *mut *mut c_void) -> c_int {
    told(result.map(|record| *ret_record = record.cast()))
}

unsafe extern "C" fn open(setup: *const Setup, ret_end: *mut *mut End) -> c_int {
    told(End::open(&*setup).map(|end| *ret_end = Box::into_raw(Box::new(end))))
}

unsafe extern "C" fn settle(end: *mut End) -> c_int {
    told((*end).settle())
}

unsafe extern "C" fn close(end: *mut End) {
    Box::from_raw(end).close();
}

unsafe extern "C" fn alloc(end: *mut End, bytes: usize, ret_record: *mut *mut c_void) -> c_int {
    told_record((*end).alloc(bytes), ret_record)
}

unsafe extern "C" fn free(end: *mut End, record: *mut c_void) {
    (*end).free(record.cast());
}

unsafe extern "C" fn try_send(end: *mut End, record: *mut c_void, _bytes: usize) -> c_int {
    told((*end).try_send(record.cast()))
}

unsafe extern "C" fn try_recv(end: *mut End, ret_record: *mut *mut c_void) -> c_int {
    told_record((*end).try_recv(), ret_record)
}

unsafe extern "C" fn send(end: *mut End, record: *mut c_void, _bytes: usize) -> c_int {
    told((*end).send(record.cast()))
}

unsafe extern "C" fn recv(end: *mut End, ret_record: *mut *mut c_void) -> c_int {
    told_record((*end).recv(), ret_record)
}

static PEER: Peer<End> = Peer {
    abi: peer::PEER_ABI,
    flags: 0,
    name: c"iceoryx2".as_ptr(),
    what: c"Eclipse iceoryx2 0.10.0, publish-subscribe of byte slices in a static \
            data segment; asleep by its events"
        .as_ptr(),
    depth_max: 1 << 16,
    record_max: 0,
    shared_bytes: Some(shared_bytes),
    open: Some(open),
    settle: Some(settle),
    close: Some(close),
    alloc: Some(alloc),
    try_send: Some(try_send),
    try_recv: Some(try_recv),
    free: Some(free),
    send: Some(send),
    recv: Some(recv),
};

/// What a peer's shared object exports.
#[no_mangle]
pub extern "C" fn bench_peer() -> *const c_void {
    (&raw const PEER).cast()
}
