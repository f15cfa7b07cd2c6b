#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Several transfers: one after the other over the same channel, several at
# the same time in one region; regions that were there before.

. "$(dirname "$0")/lib/cmd.sh"

# One process after the other on either side, with nothing between them. The next
# region is made while the last one is still being closed: both must have room.
send_each()
{
	for number in 1 2 3 4 5 6 7 8; do
		"$IPCBUF_BIN" send -t $patience -s 1M -R 4K -r "$region" x \
			<"$work/in.$number" || return 1
	done
}

recv_each()
{
	for number in 1 2 3 4 5 6 7 8; do
		"$IPCBUF_BIN" recv -t $patience -s 1M -r "$region" x \
			>"$work/out.$number" || return 1
	done
}

one_after_the_other()
{
	remember_sysv
	for number in 1 2 3 4 5 6 7 8; do
		make_data $((number * number * 5000)) "$work/in.$number"
	done
	send_each &
	senders=$!
	started $senders
	recv_each
	finishes 0 $senders
	for number in 1 2 3 4 5 6 7 8; do
		same_data "$work/in.$number" "$work/out.$number"
	done
	nothing_left
}

# No receiver before all senders are there: else a transfer could be over before the
# next begins, and the next have a region of its own while the first one's is still
# being closed. The last one of all removes the region.
several_at_once()
{
	remember_sysv
	processes=
	for number in 1 2 3 4; do
		make_data $((number * 400000)) "$work/in.$number"
		send_from "$work/in.$number" -d 8 $number
		processes="$processes $sender"
	done
	for number in 1 2 3 4; do
		wait_for channel_has $number producer attached
	done
	for number in 1 2 3 4; do
		recv_to "$work/out.$number" $number
		processes="$processes $receiver"
	done
	for process in $processes; do
		finishes 0 $process
	done
	for number in 1 2 3 4; do
		same_data "$work/in.$number" "$work/out.$number"
	done
	nothing_left
}

numbers_and_names_differ()
{
	make_data 1000 "$work/in.1"
	make_data 2000 "$work/in.2"
	send_from "$work/in.1" 7
	seven=$sender
	send_from "$work/in.2" seven
	recv_to "$work/out.2" seven
	finishes 0 $receiver
	finishes 0 $sender
	recv_to "$work/out.1" 7
	finishes 0 $receiver
	finishes 0 $seven
	same_data "$work/in.1" "$work/out.1"
	same_data "$work/in.2" "$work/out.2"
}

created_region_stays()
{
	remember_sysv
	make_data 100000 "$work/in"
	ipcbuf create -s $size "$region"
	send_from "$work/in" x
	recv_to "$work/out" x
	finishes 0 $receiver
	finishes 0 $sender
	same_data "$work/in" "$work/out"
	[ "$(ipcbuf ls -n -b -o name,size,held,channels,members |
		sed -n "s/^$region  *//p" | tr -s ' ')" = "$size_bytes 0 0 0" ]
	ipcbuf doctor "$region" >/dev/null
	ipcbuf rm "$region"
	nothing_left
}

# Looking at a region doesn't keep it.
observed_region_goes()
{
	remember_sysv
	make_data 3000000 "$work/in"
	{
		while [ ! -e "$work/enough" ]; do
			# It may not be there yet, or no longer.
			"$IPCBUF_BIN" stat "$region" || :
			"$IPCBUF_BIN" ls
		done
	} >/dev/null 2>&1 &
	observer=$!
	started $observer
	send_from "$work/in" x
	recv_to "$work/out" x
	finishes 0 $receiver
	finishes 0 $sender
	: >"$work/enough"
	finishes 0 $observer
	same_data "$work/in" "$work/out"
	nothing_left
	rm "$work/enough"
}

default_region_is_ipcbuf()
{
	if ipcbuf ls -n -o name | grep -qx ipcbuf; then
		skip "somebody uses the default region"
	fi
	"$IPCBUF_BIN" recv -t $patience x >"$work/out" &
	started $!
	wait_for default_region_is_listed
	echo hello | "$IPCBUF_BIN" send -t $patience x
	finishes 0 $!
	[ "$(cat "$work/out")" = hello ]
	refute default_region_is_listed
}

default_region_is_listed()
{
	ipcbuf ls -n -o name | grep -qx ipcbuf
}

plan 34
run_variants "one after the other" one_after_the_other
run_variants "several at once" several_at_once
run_test "numbers and names" numbers_and_names_differ
run_variants "a region that was there before" created_region_stays
run_variants "a region that is looked at" observed_region_goes
run_test "the default region" default_region_is_ipcbuf
finish
