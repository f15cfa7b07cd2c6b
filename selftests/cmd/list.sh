#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# create, ls and stat: what is made is what is shown, as text and as JSON.

. "$(dirname "$0")/lib/cmd.sh"

# column NAME: of our region in the list.
column()
{
	ipcbuf ls -n -b -o "name,$1" | sed -n "s/^$region  *//p"
}

column_is()
{
	[ "$(column "$1")" = "$2" ] || fail "$1 is $(column "$1"), not $2"
}

json_is_valid()
{
	if command -v jq >/dev/null; then
		jq -e . >/dev/null
	elif command -v python3 >/dev/null; then
		python3 -m json.tool >/dev/null
	else
		skip "neither jq nor python3"
	fi
}

created_region_is_listed()
{
	ipcbuf create -s $size -m 640 "$region"
	column_is backend "$IPCBUF_REGION"
	column_is wait "$IPCBUF_WAIT"
	column_is size $size_bytes
	column_is mode 0640
	column_is uid "$(id -u)"
	column_is members 0
	column_is channels 0
	column_is held 0
	column_is status ok
	is_darwin || [ "$(column committed)" -gt 0 ]
	[ "$(column committed)" -lt $size_bytes ]
	ipcbuf rm "$region"
	nothing_left
}

options_win_over_environment()
{
	IPCBUF_REGION=posix IPCBUF_WAIT=futex ipcbuf create -B sysv \
		-w sysv-sem -s 1M "$region"
	column_is backend sysv
	column_is wait sysv-sem
	column_is size 1048576
	column_is mode 0600
}

# 1 GiB, or what a program of 32 bits can still map: an ELF file's fifth byte.
default_bytes()
{
	case $(od -An -tu1 -j4 -N1 "$IPCBUF_BIN") in
	*1) echo 534773760 ;;
	*) echo 1073741824 ;;
	esac
}

default_region_is_listed()
{
	ipcbuf create "$region"
	column_is size "$(default_bytes)"
	column_is mode 0600
}

second_creation_fails()
{
	ipcbuf create -s 2M "$region"
	fails_with 1 ipcbuf create -s 4M "$region"
	says "$work/stderr" "$region: it exists already"
	column_is size 2097152
}

unknown_environment_fails()
{
	IPCBUF_REGION=nonsense fails_with 1 ipcbuf create "$region"
	says "$work/stderr" 'IPCBUF_REGION=nonsense'
	IPCBUF_REGION='' IPCBUF_WAIT=nonsense fails_with 1 \
		ipcbuf create "$region"
	says "$work/stderr" 'IPCBUF_WAIT=nonsense'
	IPCBUF_REGION=memfd fails_with 1 ipcbuf create "$region"
	says "$work/stderr" 'no name to open it by'
	IPCBUF_REGION=posix IPCBUF_WAIT=kmod fails_with 1 \
		ipcbuf create "$region"
	says "$work/stderr" 'only a kmod region'
	refute region_is_listed
	[ -z "$(shm_files)" ]
}

# Without the module nothing of it can be had; the message says what to do.
missing_module_fails()
{
	[ ! -e /dev/ipcbuf ] || skip "the module is there"
	fails_with 1 ipcbuf create -B kmod "$region"
	says "$work/stderr" 'load the module'
	IPCBUF_REGION=kmod fails_with 1 ipcbuf create "$region"
	says "$work/stderr" 'load the module'
	fails_with 1 ipcbuf create -w kmod "$region"
	says "$work/stderr" 'load the module'
	refute region_is_listed
}

columns_and_headings()
{
	ipcbuf create -s 8M "$region"
	ipcbuf ls | head -n 1 | grep -Eq '^NAME +BACKEND +SIZE .* STATUS'
	ipcbuf ls -o size,NAME | head -n 1 | grep -Eqx ' *SIZE  NAME'
	ipcbuf ls -n -o size,name | grep -Eqx " *8M  $region *"
	ipcbuf ls -n -b -o size,name | grep -Eqx " *8388608  $region *"
	ipcbuf ls -n >"$work/list"
	refute grep -q NAME "$work/list"
}

json_list()
{
	ipcbuf create -s 8M "$region"
	ipcbuf ls --json | json_is_valid
	ipcbuf ls --json -o name,size,status | tr -d ' \n' |
		grep -q "{\"name\":\"$region\",\"size\":8388608,\"status\":\"ok\"}"
}

all_parts_are_shown()
{
	ipcbuf create -s 8M "$region"
	ipcbuf stat "$region" >"$work/stat"
	for word in Region: Channels: Members: 'Memory by size class:'; do
		grep -qx "$word" "$work/stat"
	done
	grep -Eqx 'size +8M' "$work/stat"
	ipcbuf stat -b --figures "$region" | grep -Eqx 'size +8388608'
	ipcbuf stat -n -o name --figures "$region" | grep -qx "$region"
}

json_parts()
{
	ipcbuf create -s 8M "$region"
	ipcbuf stat --json "$region" | json_is_valid
	ipcbuf stat --json "$region" >"$work/json"
	for part in region channels members classes; do
		grep -q "^  \"$part\":" "$work/json"
	done
	ipcbuf stat --json --members "$region" >"$work/json"
	grep -q '"members"' "$work/json"
	refute grep -Eq '"(region|channels|classes)"' "$work/json"
}

# A receiver that waits is a member; a sender has two channels.
live_parts_are_shown()
{
	ipcbuf create -s $size "$region"
	recv_to /dev/null 7
	wait_for has_member
	column_is members 1
	send_from /dev/zero 5
	wait_for channel_has 5 producer attached
	channel_has 5 kind spsc
	channel_has 5 producer-pid $sender
	channel_has 5 consumer never
	wait_for channel_has 5 pending 64
	channel_has 5 depth 64
	channel_has 5.reply consumer-pid $sender
	column_is members 2
	[ "$(column held)" -ge $((64 * record_bytes)) ]
	ipcbuf stat --classes -n -b -o block,held "$region" |
		awk -v bytes=$record_bytes '$1 >= bytes && $2 >= 64 { found = 1 }
			END { exit !found }'
	ipcbuf stat -J "$region" | json_is_valid
}

has_member()
{
	ipcbuf stat --members -n -o pid,state "$region" |
		grep -Eqx " *$receiver  alive"
}

missing_region_fails()
{
	fails_with 1 ipcbuf stat "$region"
	says "$work/stderr" "$region: there is no such"
	fails_with 1 ipcbuf stat --json "$region"
	fails_with 1 ipcbuf doctor "$region"
	says "$work/stderr" "$region: there is no such"
}

# What can't be opened is listed with a reason, and the list succeeds.
foreign_region_is_listed()
{
	ipcbuf create "$region"
	lock=$(find $name_folder -name "ipcbuf-lock*$region")
	[ -n "$lock" ] || skip "names are kept elsewhere"
	head -c 64 /dev/zero | tr '\0' x >"$lock"
	column_is status foreign
	column_is size -
	ipcbuf ls -n -o name,reason | grep -q "^$region  *not a region of this"
	fails_with 1 ipcbuf stat "$region"
	[ "$(tr -d x <"$lock" | wc -c)" = 0 ] || fail "it was touched"
	rm -f $(shm_files)
}

unreadable_region_is_listed()
{
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v setpriv >/dev/null || skip "no setpriv"
	IPCBUF_REGION=posix ipcbuf create "$region"
	cp "$IPCBUF_BIN" "$work/ipcbuf"
	chmod 755 "$work" "$work/ipcbuf"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$work/ipcbuf" \
		ls -n -o name,status,reason >"$work/list"
	grep -Eq "^$region +unreadable +no permission" "$work/list"
}

plan 28
run_variants "created region" created_region_is_listed
run_test "options win over the environment" options_win_over_environment
run_test "a region nothing was said of" default_region_is_listed
run_test "creating it again" second_creation_fails
run_test "unknown backends in the environment" unknown_environment_fails
run_test "a module that isn't there" missing_module_fails
run_test "columns, headings, exact sizes" columns_and_headings
run_test "ls as JSON" json_list
run_test "stat shows all parts" all_parts_are_shown
run_test "stat as JSON" json_parts
run_variants "members, channels and memory in use" live_parts_are_shown
run_test "a region that isn't there" missing_region_fails
run_test "a region of something else" foreign_region_is_listed
run_test "a region without permission" unreadable_region_is_listed
finish
