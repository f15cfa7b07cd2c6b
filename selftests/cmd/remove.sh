#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# rm: regions, also used and half-made ones; channels and segments.

. "$(dirname "$0")/lib/cmd.sh"

region_is_removed()
{
	remember_sysv
	ipcbuf create "$region"
	region_is_listed
	ipcbuf rm "$region"
	nothing_left
	ipcbuf create "$region"
	ipcbuf rm "$region"
	nothing_left
}

all_are_tried()
{
	ipcbuf create "$region"
	ipcbuf create "$region.b"
	fails_with 1 ipcbuf rm "$region" "$region.c" "$region.b"
	says "$work/stderr" "$region.c: there is no such"
	refute grep -q "$region:\|$region.b:" "$work/stderr"
	nothing_left
}

# One wrong name, and nothing is removed.
names_are_checked_first()
{
	ipcbuf create "$region"
	fails_with 2 ipcbuf rm "$region" a/b
	region_is_listed
}

# A transfer that runs goes on to its end.
used_region_is_removed()
{
	remember_sysv
	make_data 3000000 "$work/in"
	ipcbuf create "$region"
	send_from "$work/in" -d 4 x
	wait_for channel_has x pending 4
	recv_to "$work/out" x
	wait_for file_has_bytes "$work/out" 1
	ipcbuf rm "$region"
	refute region_is_listed
	finishes 0 $receiver
	finishes 0 $sender
	same_data "$work/in" "$work/out"
	nothing_left
}

half_made_region_is_removed()
{
	ipcbuf create "$region"
	lock=$(find $name_folder -name "ipcbuf-lock*$region")
	[ -n "$lock" ] || skip "names are kept elsewhere"
	ipcbuf rm "$region"
	: >"$lock"
	ipcbuf ls -n -o name,status | grep -q "^$region  *half-made"
	fails_with 1 ipcbuf stat "$region"
	[ -n "$(shm_files)" ] || : >"$lock"
	ipcbuf rm "$region"
	nothing_left
}

# The sender is told, and its records are given back.
channel_is_removed()
{
	ipcbuf create "$region"
	send_from /dev/zero 12
	wait_for channel_has 12 pending 64
	fails_with 1 ipcbuf rm -r "$region" -c 13
	says "$work/stderr" "13: there is no such"
	fails_with 1 ipcbuf rm -r "$region" --segment 12
	ipcbuf rm -r "$region" --channel 12
	finishes 1 $sender
	says "$work/sender" "12: "
	[ "$(ipcbuf ls -n -b -o name,held | sed -n "s/^$region  *//p")" = 0 ]
	ipcbuf doctor "$region" >/dev/null
}

channel_needs_its_region()
{
	fails_with 1 ipcbuf rm -r "$region" -c x
	says "$work/stderr" "$region: there is no such"
	refute region_is_listed
}

plan 28
run_variants "a region" region_is_removed
run_test "several, one of them missing" all_are_tried
run_test "several, one of them misnamed" names_are_checked_first
run_variants "a region in use" used_region_is_removed
run_test "a region that was left half-made" half_made_region_is_removed
run_variants "a channel with records in flight" channel_is_removed
run_test "a channel of no region" channel_needs_its_region
finish
