#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# create on a system that allows little System V memory: what was cut or refused
# is told, with the limit's name and a value that would do.

. "$(dirname "$0")/lib/cmd.sh"

# with_limits COMMAND...: limits and System V objects of its own, gone with it.
with_limits()
{
	unshare --ipc sh -c '
		echo 4194304 >/proc/sys/kernel/shmmax &&
		echo 1024 >/proc/sys/kernel/shmall && exec "$@"' sh "$@"
}

need_limits()
{
	with_limits true 2>/dev/null || skip "can't set limits here"
}

default_is_cut()
{
	need_limits
	remember_sysv
	fails_with 0 with_limits "$IPCBUF_BIN" create -B sysv "$region"
	says "$work/stderr" "$region: the region has [0-9]* bytes and not 1073741824"
	says "$work/stderr" 'shmmax (4194304 bytes)'
	says "$work/stderr" 'shmall (1024 pages)'
	ipcbuf rm "$region"
	nothing_left
}

too_large_is_refused()
{
	need_limits
	remember_sysv
	fails_with 1 with_limits "$IPCBUF_BIN" create -B sysv -s 16M "$region"
	says "$work/stderr" "$region: .*shmmax is 4194304"
	says "$work/stderr" 'shmmax=16777216'
	says "$work/stderr" 'shmall=4096'
	nothing_left
}

other_memory_has_room()
{
	need_limits
	fails_with 0 with_limits "$IPCBUF_BIN" create -B posix -s 256M "$region"
	[ ! -s "$work/stderr" ] || fail "it says something"
	ipcbuf rm "$region"
}

plan 3
run_test "a size that nobody chose" default_is_cut
run_test "a size that is too large" too_large_is_refused
run_test "memory that has no such limit" other_memory_has_room
finish
