#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Transfers that can't come to their end: one side is killed, or can't read or
# write. The other one says so, fails, and nothing is left behind.

. "$(dirname "$0")/lib/cmd.sh"

# An input that doesn't end, and in the middle of which somebody is killed. The
# descriptor keeps it open, in both directions.
open_input()
{
	mkfifo "$work/fifo"
	exec 8<>"$work/fifo"
}

begin_transfer()
{
	remember_sysv
	open_input
	send_from "$work/fifo" x
	recv_to "$work/out" x
	make_data 300000 "$work/in"
	cat "$work/in" >&8
	wait_for file_has_bytes "$work/out" 300000
}

sender_killed()
{
	begin_transfer
	kill -KILL $sender
	finishes 1 $receiver
	says "$work/receiver" 'x: the sender died before the end'
	finishes 137 $sender
	nothing_left
}

# It finds out while it waits for room.
receiver_killed()
{
	remember_sysv
	send_from /dev/zero x
	recv_to "$work/out" x
	wait_for file_has_bytes "$work/out" 100000
	kill -KILL $receiver
	finishes 1 $sender
	says "$work/sender" 'x: the receiver died before the end'
	finishes 137 $receiver
	nothing_left
}

# All has been sent, but not all of it taken.
receiver_killed_at_the_end()
{
	remember_sysv
	# 16 records' worth.
	make_data $((record_bytes * 61 / 4)) "$work/in"
	mkfifo "$work/output"
	exec 7<>"$work/output"
	send_from "$work/in" x
	recv_to "$work/output" x
	wait_for channel_has x 'sent,received' '18 +[1-9]'
	kill -KILL $receiver
	finishes 1 $sender
	says "$work/sender" 'x: the receiver died before the end'
	finishes 137 $receiver
	nothing_left
}

# Without anybody to notice: the next transfer finds what is left.
both_killed()
{
	begin_transfer
	kill -KILL $sender $receiver
	finishes 137 $sender
	finishes 137 $receiver
	region_is_listed
	send_from "$work/in" x
	recv_to "$work/out" x
	finishes 0 $receiver
	finishes 0 $sender
	same_data "$work/in" "$work/out"
	nothing_left
}

sender_killed_alone()
{
	remember_sysv
	send_from /dev/zero x
	wait_for channel_has x pending 64
	kill -KILL $sender
	finishes 137 $sender
	make_data 200000 "$work/in"
	recv_to "$work/out" x
	send_from "$work/in" x
	finishes 0 $receiver
	finishes 0 $sender
	same_data "$work/in" "$work/out"
	nothing_left
}

unreadable_input()
{
	remember_sysv
	fails_with 1 ipcbuf send -t $patience -r "$region" x <"$work"
	says "$work/stderr" 'standard input: '
	nothing_left
	fails_with 1 ipcbuf send -t $patience -r "$region" x <&-
	says "$work/stderr" 'standard input: '
	nothing_left
}

unwritable_output()
{
	remember_sysv
	send_from /dev/zero x
	fails_with 1 ipcbuf recv -t $patience -r "$region" x >/dev/full
	says "$work/stderr" 'standard output: '
	finishes 1 $sender
	says "$work/sender" 'x: the receiver left before the end'
	nothing_left
}

closed_output()
{
	remember_sysv
	send_from /dev/zero x
	fails_with 1 ipcbuf recv -t $patience -r "$region" x >&-
	says "$work/stderr" 'standard output: '
	finishes 1 $sender
	nothing_left
}

output_without_reader()
{
	remember_sysv
	send_from /dev/zero x
	{
		fails_with 1 ipcbuf recv -t $patience -r "$region" x
		echo $? >"$work/status"
	} | head -c 100000 | wc -c >"$work/count"
	[ "$(cat "$work/status")" = 0 ]
	[ "$(cat "$work/count")" = 100000 ]
	says "$work/stderr" 'standard output: '
	finishes 1 $sender
	nothing_left
}

no_peer_in_time()
{
	remember_sysv
	fails_with 1 ipcbuf recv -t 0.1 -r "$region" x
	says "$work/stderr" 'x: no sender'
	nothing_left
	fails_with 1 ipcbuf send -t 0.1 -r "$region" x </dev/null
	says "$work/stderr" 'x: no receiver'
	nothing_left
	fails_with 1 ipcbuf send -t 0.1 -r "$region" x </dev/zero
	says "$work/stderr" 'x: no receiver'
	nothing_left
}

second_one_is_refused()
{
	remember_sysv
	send_from /dev/zero x
	wait_for channel_has x pending 64
	fails_with 1 ipcbuf send -t $patience -r "$region" x </dev/null
	says "$work/stderr" 'x: in use'
	mkfifo "$work/output"
	exec 7<>"$work/output"
	recv_to "$work/output" x
	wait_for channel_has x consumer attached
	fails_with 1 ipcbuf recv -t $patience -r "$region" x
	says "$work/stderr" 'x: this end is taken'
	refute exited $sender
	kill -INT $sender
	finishes 130 $sender
	kill -INT $receiver || :
	wait_for exited $receiver
	nothing_left
}

record_too_large()
{
	remember_sysv
	fails_with 1 ipcbuf send -s 1M -R 2M -r "$region" x </dev/null
	says "$work/stderr" 'largest record'
	nothing_left
}

sender_removed()
{
	remember_sysv
	send_from /dev/null x
	wait_for channel_has x pending 2
	ipcbuf rm "$region"
	finishes 1 $sender
	says "$work/sender" 'was removed before a receiver came'
	nothing_left
}

receiver_removed()
{
	remember_sysv
	recv_to "$work/out" x
	wait_for channel_has ipcbuf.transfer producer left
	ipcbuf rm "$region"
	finishes 1 $receiver
	says "$work/receiver" 'was removed before a sender came'
	nothing_left
}

no_anonymous_region()
{
	IPCBUF_REGION=memfd fails_with 1 ipcbuf send -r "$region" x </dev/null
	says "$work/stderr" 'no name to open it by'
	IPCBUF_REGION=memfd fails_with 1 ipcbuf recv -r "$region" x
	says "$work/stderr" 'no name to open it by'
	nothing_left
}

plan 71
run_variants "sender killed" sender_killed
run_variants "receiver killed" receiver_killed
run_variants "receiver killed when all is sent" receiver_killed_at_the_end
run_variants "both killed" both_killed
run_variants "sender killed before a receiver came" sender_killed_alone
run_variants "nobody comes in time" no_peer_in_time
run_variants "sender whose region is removed" sender_removed
run_variants "receiver whose region is removed" receiver_removed
run_test "standard input that can't be read" unreadable_input
run_test "standard output that is full" unwritable_output
run_test "standard output that is closed" closed_output
run_test "standard output without a reader" output_without_reader
run_test "a second sender or receiver" second_one_is_refused
run_test "records larger than the region" record_too_large
run_test "a region without a name" no_anonymous_region
finish
