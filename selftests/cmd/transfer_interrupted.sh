#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Ctrl-C at each place where a transfer can wait: exit status 130, the other
# side fails, and nothing is left behind.

. "$(dirname "$0")/lib/cmd.sh"

sender_in_read()
{
	remember_sysv
	mkfifo "$work/fifo"
	exec 8<>"$work/fifo"
	send_from "$work/fifo" x
	wait_for channel_has x sent 1
	kill -INT $sender
	finishes 130 $sender
	[ ! -s "$work/sender" ] || fail "it says something"
	nothing_left
}

sender_in_send()
{
	remember_sysv
	send_from /dev/zero x
	wait_for channel_has x pending 64
	kill -INT $sender
	finishes 130 $sender
	nothing_left
}

sender_at_the_end()
{
	remember_sysv
	send_from /dev/null x
	wait_for channel_has x pending 2
	kill -INT $sender
	finishes 130 $sender
	nothing_left
}

sender_without_memory()
{
	remember_sysv
	send_from /dev/zero -s 1M -d 1024 x
	wait_for region_is_full
	kill -INT $sender
	finishes 130 $sender
	nothing_left
}

region_is_full()
{
	ipcbuf ls -n -o name,failures | grep -Eqx "$region +[1-9][0-9]*"
}

receiver_alone()
{
	remember_sysv
	recv_to "$work/out" x
	wait_for channel_has ipcbuf.transfer producer left
	kill -INT $receiver
	finishes 130 $receiver
	[ ! -s "$work/receiver" ] || fail "it says something"
	nothing_left
}

receiver_in_receive()
{
	remember_sysv
	mkfifo "$work/fifo"
	exec 8<>"$work/fifo"
	send_from "$work/fifo" x
	recv_to "$work/out" x
	wait_for channel_has x received 1
	kill -INT $receiver
	finishes 130 $receiver
	exec 8<&-
	finishes 1 $sender
	says "$work/sender" 'x: the receiver left before the end'
	nothing_left
}

# Into a pipe that nobody empties.
receiver_in_write()
{
	remember_sysv
	mkfifo "$work/output"
	exec 7<>"$work/output"
	send_from /dev/zero x
	recv_to "$work/output" x
	wait_for channel_has x pending 64
	wait_for channel_has x received '[2-9]|[1-9][0-9]+'
	kill -INT $receiver
	finishes 130 $receiver
	finishes 1 $sender
	says "$work/sender" 'x: the receiver left before the end'
	nothing_left
}

sender_in_the_middle()
{
	remember_sysv
	mkfifo "$work/fifo"
	exec 8<>"$work/fifo"
	send_from "$work/fifo" x
	recv_to "$work/out" x
	printf 'some' >&8
	wait_for file_has_bytes "$work/out" 4
	kill -INT $sender
	finishes 130 $sender
	finishes 1 $receiver
	says "$work/receiver" 'x: the sender left before the end'
	nothing_left
}

both_at_once()
{
	remember_sysv
	send_from /dev/zero x
	recv_to /dev/null x
	wait_for channel_has x received '[1-9][0-9]+'
	kill -INT $sender $receiver
	ends_interrupted $sender
	ends_interrupted $receiver
	nothing_left
}

# Either it was interrupted first, or it saw the other one go.
ends_interrupted()
{
	wait_for exited "$1"
	ended=0
	wait "$1" || ended=$?
	[ $ended = 130 ] || [ $ended = 1 ] || fail "exit status $ended"
}

# The one is interrupted while the other one starts, at any moment.
interrupted_while_joining()
{
	remember_sysv
	for round in 1 2 3 4 5 6 7 8 9 10; do
		send_from /dev/null x
		recv_to "$work/out" x
		# They may be through already.
		kill -INT $sender || :
		wait_for exited $sender
		kill -INT $receiver || :
		wait_for exited $receiver
		nothing_left || fail "in round $round"
	done
}

other_signals()
{
	remember_sysv
	recv_to "$work/out" x
	wait_for channel_has ipcbuf.transfer producer left
	kill -TERM $receiver
	finishes 143 $receiver
	send_from /dev/zero x
	wait_for channel_has x pending 64
	kill -HUP $sender
	finishes 129 $sender
	nothing_left
}

# What nohup, or a shell's "&", has switched off stays off.
ignored_signal_is_ignored()
{
	remember_sysv
	make_data 100000 "$work/in"
	(
		trap '' INT
		exec "$IPCBUF_BIN" recv -t $patience -r "$region" x
	) >"$work/out" &
	receiver=$!
	started $receiver
	wait_for channel_has ipcbuf.transfer producer left
	kill -INT $receiver
	send_from "$work/in" x
	finishes 0 $sender
	finishes 0 $receiver
	same_data "$work/in" "$work/out"
	nothing_left
}

plan 82
run_variants "sender that reads" sender_in_read
run_variants "sender that waits for room" sender_in_send
run_variants "sender that waits for the receiver" sender_at_the_end
run_variants "sender that waits for memory" sender_without_memory
run_variants "receiver that waits for a sender" receiver_alone
run_variants "receiver that waits for a record" receiver_in_receive
run_variants "receiver that writes" receiver_in_write
run_variants "sender in the middle" sender_in_the_middle
run_variants "both" both_at_once
run_variants "while joining" interrupted_while_joining
run_test "SIGTERM and SIGHUP" other_signals
run_test "ignored signals" ignored_signal_is_ignored
finish
