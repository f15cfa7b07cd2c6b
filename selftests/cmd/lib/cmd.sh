# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# shellcheck shell=sh
#
# What the tests of the command use; to be sourced. A test is a function. It is
# run in a subshell with "set -e": the first command that fails ends it, and
# is its failure. What it leaves running is killed, and its regions removed.
#
#	plan 2
#	run_test "what it shows" function [ARGUMENT]...
#	finish
#
# Tests synchronise by conditions: wait_for looks at one again and again, for
# a bounded time.

: "${IPCBUF_BIN:=}"
if [ -z "$IPCBUF_BIN" ]; then
	IPCBUF_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/ipcbuf
	[ -x "$IPCBUF_BIN" ] || IPCBUF_BIN=$(command -v ipcbuf) || {
		echo "TAP version 13"
		echo "1..0 # SKIP no ipcbuf command (name it in IPCBUF_BIN)"
		exit 4
	}
fi
unset IPCBUF_REGION IPCBUF_WAIT

# Where names are files, and memory; empty: it isn't. $IPCBUF_TEST_SYSTEM is there
# where the tests keep to another system's rules.
name_folder=/dev/shm
memory_folder=/dev/shm
is_darwin()
{
	[ "${IPCBUF_TEST_SYSTEM:-$(uname -s)}" = Darwin ]
}
if is_darwin; then
	name_folder=/var/tmp
	memory_folder=
fi

# What a region has, and a record of a transfer; and how to tell the command, where
# that isn't what it does by itself.
size=8M
size_bytes=8388608
record_bytes=65536
record_option=

# Seconds for a condition, and for a peer that never comes.
patience=60

# Of every test its own, so that none sees what another left.
work=
region=
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

test_count=0
failed_count=0
skipped_count=0

ipcbuf()
{
	"$IPCBUF_BIN" "$@"
}

plan()
{
	echo "TAP version 13"
	echo "1..$1"
	planned=$1
}

# To be called by a test: neither passed nor failed.
skip()
{
	echo "$*" >"$work/skipped"
	exit 4
}

# Why a test fails, on the way out.
fail()
{
	echo "# $*"
	return 1
}

# For "set -e" a "!" is never a failure.
refute()
{
	if "$@"; then
		fail "this succeeds: $*"
	fi
}

# In the test's subshell, however it ends.
clean_up()
{
	status=$?
	set +e
	for pid in $(cat "$work/pids"); do
		kill -KILL "$pid"
		wait "$pid"
	done 2>/dev/null
	for name in $("$IPCBUF_BIN" ls -n -o name 2>/dev/null); do
		case $name in
		"$region"*) "$IPCBUF_BIN" rm "$name" 2>/dev/null ;;
		esac
	done
	exit "$status"
}

run_in_subshell()
(
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	set -e
	"$@"
)

report()
{
	case $1 in
	0)	echo "ok $test_count $2" ;;
	4)	skipped_count=$((skipped_count + 1))
		echo "ok $test_count $2 # SKIP $(cat "$work/skipped")" ;;
	*)	failed_count=$((failed_count + 1))
		echo "not ok $test_count $2" ;;
	esac
}

run_test()
{
	description=$1
	shift
	test_count=$((test_count + 1))
	region=cmdtest.$$.$test_count
	work=$(mktemp -d) || exit 1
	: >"$work/pids"
	# Not as a condition: that would switch off "set -e" inside.
	run_in_subshell "$@" 2>"$work/errors"
	test_status=$?
	[ $test_status = 0 ] || sed 's/^/# /' "$work/errors"
	report $test_status "$description"
	rm -rf "$work"
}

# Unless this machine hasn't got the backend, or only another one is tested.
in_variant()
{
	[ "${IPCBUF_TEST_BACKEND:-$IPCBUF_REGION}" = "$IPCBUF_REGION" ] ||
		skip "\$IPCBUF_TEST_BACKEND is another one"
	[ "$IPCBUF_REGION" != kmod ] || [ -w /dev/ipcbuf ] ||
		skip "there is no /dev/ipcbuf"
	! is_darwin || in_darwin
	"$@"
}

# What macOS hasn't got; and what kern.sysv.shmmax is too small for.
in_darwin()
{
	case $IPCBUF_REGION in
	memfd | kmod) skip "macOS has no such memory" ;;
	esac
	case $IPCBUF_WAIT in
	posix-sem | kmod) skip "macOS has no such semaphores" ;;
	futex)	[ "${DARWIN_OS_SYNC:-1}" = 1 ] ||
			skip "this macOS has no os_sync_wait_on_address()" ;;
	esac
	[ "$IPCBUF_REGION" = sysv ] || return 0
	size=2M
	size_bytes=2097152
	record_bytes=16384
	record_option="-R $record_bytes"
}

# The same for every backend and every way to wait; eight tests.
run_variants()
{
	variants_description=$1
	shift
	for variant in posix/futex posix/posix-sem posix/sysv-sem \
		sysv/futex sysv/posix-sem sysv/sysv-sem kmod/futex kmod/kmod; do
		IPCBUF_REGION=${variant%/*}
		IPCBUF_WAIT=${variant#*/}
		export IPCBUF_REGION IPCBUF_WAIT
		run_test "$variants_description ($IPCBUF_REGION, $IPCBUF_WAIT)" \
			in_variant "$@"
	done
	unset IPCBUF_REGION IPCBUF_WAIT
}

# Status 4 tells the runner that nothing was tested.
finish()
{
	if [ "$test_count" != "$planned" ]; then
		echo "# planned $planned tests, ran $test_count"
		exit 1
	fi
	[ "$failed_count" = 0 ] || exit 1
	[ "$skipped_count" != "$test_count" ] || exit 4
	exit 0
}

# --- conditions --------------------------------------------------------------

# wait_for COMMAND [ARGUMENT]...: until it succeeds.
wait_for()
{
	deadline=$(($(date +%s) + patience))
	while ! "$@"; do
		if [ "$(date +%s)" -gt $deadline ]; then
			fail "waited for $patience s: $*"
			return 1
		fi
		sleep 0.02
	done
}

# A process that has ended, but for being waited for?
exited()
{
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	'' | [ZX]*) return 0 ;;
	esac
	return 1
}

# finishes STATUS PID: it ends in time, with this exit status.
finishes()
{
	wait_for exited "$2"
	finish_status=0
	wait "$2" || finish_status=$?
	[ "$finish_status" = "$1" ] || {
		cat "$work/sender" "$work/receiver" >&2
		fail "process $2: exit status $finish_status, not $1"
	}
}

# fails_with STATUS COMMAND...; its standard error goes to $work/stderr too.
fails_with()
{
	wanted_status=$1
	shift
	got_status=0
	"$@" 2>"$work/stderr" || got_status=$?
	cat "$work/stderr" >&2
	[ "$got_status" = "$wanted_status" ] ||
		fail "exit status $got_status, not $wanted_status: $*"
}

# says FILE TEXT: an error message of ours, with the text in it.
says()
{
	grep "^ipcbuf: .*$2" "$1" >/dev/null || {
		sed 's/^/# it says: /' "$1"
		fail "no message with: $2"
	}
}

file_has_bytes()
{
	[ "$(stat -c %s "$1")" -ge "$2" ]
}

region_is_listed()
{
	ipcbuf ls -n -o name | grep -qx "$region"
}

# channel_has KEY COLUMN PATTERN
channel_has()
{
	ipcbuf stat --channels -n -o "key,$2" "$region" 2>/dev/null |
		grep -Eqx "$1 +($3) *"
}

# --- nothing left behind -----------------------------------------------------

shm_files()
{
	find /dev/shm /var/tmp -name "*$region*" 2>/dev/null || true
}

# System V objects have no names: those that weren't there before.
sysv_objects()
{
	awk -v uid="$(id -u)" '
	FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "cuid") column = i }
	FNR > 1 && $column == uid { print FILENAME, $2 }' \
		/proc/sysvipc/shm /proc/sysvipc/sem | sort
}

remember_sysv()
{
	sysv_objects >"$work/sysv"
}

no_new_sysv()
{
	sysv_objects | comm -13 "$work/sysv" - >"$work/sysv.new"
	[ ! -s "$work/sysv.new" ]
}

# Others on the machine may have objects for a short time, so look again.
nothing_left()
{
	[ -z "$(shm_files)" ] || fail "left: $(shm_files)"
	wait_for no_new_sysv || fail "left: $(cat "$work/sysv.new")"
	refute region_is_listed
}

# --- processes ---------------------------------------------------------------

# To be called after each "&": clean_up kills it should it still be there.
started()
{
	echo "$1" >>"$work/pids"
}

# Shells without job control start what ends in "&" with SIGINT ignored.
with_signals()
{
	if env --default-signal=INT true 2>/dev/null; then
		exec env --default-signal=INT "$@"
	fi
	exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$@"
}

# send_from FILE and recv_to FILE, with the rest of their arguments: set $sender
# and $receiver. Their messages go to $work/sender and $work/receiver.
send_from()
{
	send_file=$1
	shift
	# shellcheck disable=SC2086 # words, or none
	with_signals "$IPCBUF_BIN" send -t $patience $record_option \
		-r "$region" "$@" \
		<"$send_file" 2>"$work/sender" 7>&- 8>&- &
	sender=$!
	started $sender
}

recv_to()
{
	recv_file=$1
	shift
	with_signals "$IPCBUF_BIN" recv -t $patience -r "$region" "$@" \
		>"$recv_file" 2>"$work/receiver" 7>&- 8>&- &
	receiver=$!
	started $receiver
}

# make_data BYTES FILE: no two records' worth of it are the same.
make_data()
{
	seq 1 "$(($1 + 1))" | head -c "$1" >"$2"
	file_has_bytes "$2" "$1"
}

digest()
{
	sha256sum <"$1"
}

same_data()
{
	[ "$(digest "$1")" = "$(digest "$2")" ] ||
		fail "$2 isn't what was sent ($(stat -c %s "$1") and" \
			"$(stat -c %s "$2") bytes)"
}
