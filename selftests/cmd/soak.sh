#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Ten seconds of ipcbuf-soak over each kind of region: processes are killed and
# stopped at random while they exchange records. Fails if a record is lost,
# doubled, out of order or spoilt, memory leaks, or somebody hangs. "make soak"
# takes as long as it is told.

. "$(dirname "$0")/lib/cmd.sh"

IPCBUF_SOAK=${IPCBUF_BIN%/*}/ipcbuf-soak

soak()
{
	[ -x "$IPCBUF_SOAK" ] || skip "there is no ipcbuf-soak"
	! grep -q __tsan_init "$IPCBUF_SOAK" ||
		skip "ThreadSanitizer doesn't see what other processes order"
	"$IPCBUF_SOAK" --seconds 10 --seed "$1" --name "$region" \
		>"$work/sender" 2>"$work/receiver" &
	started $!
	finishes 0 $!
	sed 's/^/# /' "$work/sender"
	tail -n 1 "$work/sender" | grep -q '^passed: 0 wrong, no hang, '
}

# soak_over REGION WAIT SEED
soak_over()
{
	IPCBUF_REGION=$1
	IPCBUF_WAIT=$2
	export IPCBUF_REGION IPCBUF_WAIT
	run_test "soak ($1, $2)" in_variant soak "$3"
}

# The last checks come on top of the ten seconds.
patience=240
plan 4
soak_over posix futex 101
soak_over sysv sysv-sem 102
soak_over memfd futex 103
soak_over kmod kmod 104
finish
