#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# send and recv: what comes out is what went in, in either order of starting,
# and nothing is left behind.

. "$(dirname "$0")/lib/cmd.sh"

# Both are done, and well.
transfer_is_complete()
{
	finishes 0 $receiver
	finishes 0 $sender
	same_data "$1" "$work/out"
	[ ! -s "$work/sender" ] || fail "the sender says something"
	[ ! -s "$work/receiver" ] || fail "the receiver says something"
}

sender_first()
{
	remember_sysv
	make_data 8388608 "$work/in"
	send_from "$work/in" x
	wait_for channel_has x pending 64
	recv_to "$work/out" x
	transfer_is_complete "$work/in"
	nothing_left
}

receiver_first()
{
	remember_sysv
	make_data 8388608 "$work/in"
	recv_to "$work/out" 12
	wait_for receiver_waits
	send_from "$work/in" 12
	transfer_is_complete "$work/in"
	nothing_left
}

# It has joined, and the region is ready to be joined by others.
receiver_waits()
{
	ipcbuf stat --members -n -o pid "$region" 2>/dev/null |
		grep -qx " *$receiver"
}

both_at_once()
{
	remember_sysv
	make_data 300000 "$work/in"
	for round in 1 2 3 4 5; do
		send_from "$work/in" x
		recv_to "$work/out" x
		transfer_is_complete "$work/in" || fail "in round $round"
		nothing_left
	done
}

empty_input()
{
	remember_sysv
	send_from /dev/null x
	recv_to "$work/out" x
	transfer_is_complete /dev/null
	nothing_left
}

# One byte less and more than what a record, or several, can carry.
odd_sizes()
{
	room=$((4096 - 64))
	for bytes in 1 63 $((room - 1)) $room $((room + 1)) \
		$((5 * room - 1)) $((5 * room)) $((5 * room + 1)); do
		make_data $bytes "$work/in"
		send_from "$work/in" -R 4K x
		recv_to "$work/out" x
		transfer_is_complete "$work/in" || fail "of $bytes bytes"
	done
}

shape()
{
	make_data 500000 "$work/in"
	send_from "$work/in" "$@" x
	recv_to "$work/out" x
	transfer_is_complete "$work/in" || fail "with $*"
}

record_sizes_and_depths()
{
	shape -R 128 -d 1
	shape -R 1000 -d 3
	shape -R 64K -d 1024
	shape -R $((size_bytes * 3 / 8)) -d 2
}

# A record that arrives in pieces goes on in pieces.
slow_input_is_not_held_up()
{
	mkfifo "$work/fifo"
	exec 8<>"$work/fifo"
	send_from "$work/fifo" x
	recv_to "$work/out" x
	printf 'one' >&8
	wait_for file_has_bytes "$work/out" 3
	printf 'two' >&8
	wait_for file_has_bytes "$work/out" 6
	[ "$(cat "$work/out")" = onetwo ]
}

pipes_carry_an_archive()
{
	mkdir -p "$work/tree/a/b"
	make_data 200000 "$work/tree/a/one"
	make_data 70001 "$work/tree/a/b/two"
	: >"$work/tree/empty"
	tar cf - -C "$work" tree |
		"$IPCBUF_BIN" send -t $patience -r "$region" tree &
	started $!
	"$IPCBUF_BIN" recv -t $patience -r "$region" tree >"$work/archive"
	wait $!
	tar tf "$work/archive" | sort >"$work/names"
	(cd "$work" && find tree | sed '/tree$/s,$,/,
		/a$/s,$,/,
		/b$/s,$,/,' | sort) | diff - "$work/names"
	rm -r "$work/tree"
}

# The region is full of records in flight: the sender waits for room.
small_region()
{
	remember_sysv
	make_data 6000000 "$work/in"
	send_from "$work/in" -s 1M -d 1024 x
	wait_for region_is_full
	recv_to "$work/out" x
	transfer_is_complete "$work/in"
	nothing_left
}

region_is_full()
{
	ipcbuf ls -n -o name,failures | grep -Eqx "$region +[1-9][0-9]*"
}

progress_is_shown()
{
	make_data 100000 "$work/in"
	send_from "$work/in" --progress x
	recv_to "$work/out" --progress x
	finishes 0 $receiver
	finishes 0 $sender
	grep -Eq '^100000 bytes \(98K\) in [0-9]+ records sent, .*B/s$' \
		"$work/sender"
	grep -Eq '^100000 bytes \(98K\) in [0-9]+ records received, .*B/s$' \
		"$work/receiver"
}

plan 59
run_variants "sender first" sender_first
run_variants "receiver first" receiver_first
run_variants "both at once" both_at_once
run_variants "empty input" empty_input
run_variants "odd sizes" odd_sizes
run_variants "record sizes and depths" record_sizes_and_depths
run_test "slow input isn't held up" slow_input_is_not_held_up
run_test "an archive through pipes" pipes_carry_an_archive
run_variants "a small region" small_region
run_test "progress" progress_is_shown
finish
