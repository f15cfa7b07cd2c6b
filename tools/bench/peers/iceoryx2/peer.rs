// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
//! What peer.h says, for Rust; see there for what each function has to do.

use std::ffi::{c_char, c_int, c_void};

pub const PEER_ABI: u32 = 1;

pub const EIO: c_int = 5;
pub const EAGAIN: c_int = 11;
pub const ENOMEM: c_int = 12;
pub const EMSGSIZE: c_int = 90;

#[repr(C)]
pub struct Setup {
    pub name: *const c_char,
    pub depth: u64,
    pub record_bytes: u64,
    pub live_records: u64,
    pub shared: *mut c_void,
    pub shared_bytes: u64,
    pub role: c_int,
}

type OnEnd<T, R> = unsafe extern "C" fn(*mut T) -> R;
type OnRecord<T, R> = unsafe extern "C" fn(*mut T, *mut c_void) -> R;
type Alloc<T> = unsafe extern "C" fn(*mut T, usize, *mut *mut c_void) -> c_int;
type Send<T> = unsafe extern "C" fn(*mut T, *mut c_void, usize) -> c_int;
type Recv<T> = unsafe extern "C" fn(*mut T, *mut *mut c_void) -> c_int;

/// The table, for an end that is a T.
#[repr(C)]
pub struct Peer<T> {
    pub abi: u32,
    pub flags: u32,
    pub name: *const c_char,
    pub what: *const c_char,
    pub depth_max: u64,
    pub record_max: u64,
    pub shared_bytes: Option<unsafe extern "C" fn(*const Setup) -> u64>,
    pub open: Option<unsafe extern "C" fn(*const Setup, *mut *mut T) -> c_int>,
    pub settle: Option<OnEnd<T, c_int>>,
    pub close: Option<OnEnd<T, ()>>,
    pub alloc: Option<Alloc<T>>,
    pub try_send: Option<Send<T>>,
    pub try_recv: Option<Recv<T>>,
    pub free: Option<OnRecord<T, ()>>,
    pub send: Option<Send<T>>,
    pub recv: Option<Recv<T>>,
}

// Nothing in it changes.
unsafe impl<T> Sync for Peer<T> {}
