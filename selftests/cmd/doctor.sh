#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# doctor: healthy regions, dead members, what a killed transfer has left,
# damage. Exit status 0, 1 or 2.

. "$(dirname "$0")/lib/cmd.sh"

finds()
{
	grep -q "^$region: $1: .*$2" "$work/found" || {
		sed 's/^/# found: /' "$work/found"
		fail "not found: $1: $2"
	}
}

diagnose()
{
	fails_with "$1" ipcbuf doctor "$region" >"$work/found"
}

healthy_region()
{
	ipcbuf create -s $size "$region"
	diagnose 0
	finds note 'nobody has it open'
	grep -qx '0 problem(s) found' "$work/found"
	send_from /dev/zero x
	wait_for channel_has x pending 64
	diagnose 0
	refute grep -q "$region" "$work/found"
}

member_is_dead()
{
	ipcbuf doctor -n -o region,severity,finding "$region" |
		grep -Eq "^$region +problem +member .*process $1\) died"
}

killed_member_is_found()
{
	ipcbuf create -s $size "$region"
	send_from /dev/zero x
	wait_for channel_has x pending 64
	kill -KILL $sender
	finishes 137 $sender
	diagnose 1
	finds problem "member .* (process $sender) died and still holds"
	finds problem "channel x: its producer (process $sender) died"
	grep -q "ipcbuf doctor --recover $region" "$work/found"
	member_is_dead $sender
	fails_with 0 ipcbuf doctor --recover "$region" >"$work/found"
	finds note '1 dead member(s) recovered'
	diagnose 0
	refute grep -q died "$work/found"
	[ "$(ipcbuf ls -n -b -o name,held | sed -n "s/^$region  *//p")" = 0 ]
}

killed_transfer_is_found()
{
	remember_sysv
	recv_to /dev/null x
	wait_for region_is_listed
	wait_for channel_has ipcbuf.transfer producer left
	kill -KILL $receiver
	finishes 137 $receiver
	fails_with 1 ipcbuf doctor --recover "$region" >"$work/found"
	finds problem 'nobody has it open'
	grep -q "remove it: ipcbuf rm $region" "$work/found"
	ipcbuf rm "$region"
	nothing_left
}

damage_is_found()
{
	ipcbuf create -s 8M "$region"
	send_from /dev/zero x
	wait_for channel_has x pending 64
	[ -n "$memory_folder" ] || skip "memory isn't a file here"
	memory=$(find $memory_folder -name "ipcbuf.$region")
	[ -n "$memory" ] || skip "the memory isn't a file in $memory_folder"
	ipcbuf doctor "$region" >/dev/null
	scribble "$memory"
	diagnose 1
	finds problem ''
	grep -q "remove it: ipcbuf rm $region" "$work/found"
}

# Words of ones over the tables that follow the header; the records, which are
# large, lie behind them.
scribble()
{
	head -c 16384 /dev/zero | tr '\0' '\377' |
		dd of="$1" bs=4096 seek=2 conv=notrunc 2>/dev/null
}

half_made_region_is_found()
{
	ipcbuf create "$region"
	lock=$(find $name_folder -name "ipcbuf-lock*$region")
	[ -n "$lock" ] || skip "names are kept elsewhere"
	ipcbuf rm "$region"
	: >"$lock"
	diagnose 1
	finds problem 'left half-made by a creator that died'
	grep -q "ipcbuf rm $region" "$work/found"
	ipcbuf create "$region"
	diagnose 0
}

foreign_region_is_found()
{
	ipcbuf create "$region"
	lock=$(find $name_folder -name "ipcbuf-lock*$region")
	[ -n "$lock" ] || skip "names are kept elsewhere"
	head -c 64 /dev/zero | tr '\0' x >"$lock"
	diagnose 1
	finds problem "can't be examined: not a region of this"
	rm -f $(shm_files)
}

all_regions_are_examined()
{
	ipcbuf create -s 1M "$region"
	ipcbuf create -s 1M "$region.b"
	send_from /dev/zero -d 2 x
	wait_for channel_has x pending 2
	kill -KILL $sender
	finishes 137 $sender
	fails_with 1 ipcbuf doctor >"$work/found"
	finds problem died
	grep -q "^$region.b: note:" "$work/found"
	# Others' regions may have problems of their own.
	ipcbuf doctor --recover >"$work/found" || [ $? = 1 ]
	finds note '1 dead member(s) recovered'
	diagnose 0
}

json_findings()
{
	ipcbuf create -s 1M "$region"
	ipcbuf doctor --json "$region" | tr -d ' \n' |
		grep -q '^{"problems":0,"findings":\[{"region":'
}

plan 29
run_variants "healthy region" healthy_region
run_variants "killed member" killed_member_is_found
run_variants "killed transfer" killed_transfer_is_found
run_test "damaged tables" damage_is_found
run_test "half-made region" half_made_region_is_found
run_test "region of something else" foreign_region_is_found
run_test "all regions" all_regions_are_examined
run_test "findings as JSON" json_findings
finish
