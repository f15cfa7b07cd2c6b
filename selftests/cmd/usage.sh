#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Help, version, wrong usage (exit status 2, nothing on standard output and
# nothing done), and standard output that can't be written.

. "$(dirname "$0")/lib/cmd.sh"

commands='ls stat create rm doctor send recv'

help_is_shown()
{
	ipcbuf --help | grep -q '^Usage: ipcbuf COMMAND'
	[ -z "$(ipcbuf --help 2>&1 >/dev/null)" ]
	for command in $commands; do
		ipcbuf --help | grep -q "^  $command "
		ipcbuf "$command" --help | grep -q "^Usage: ipcbuf $command"
		ipcbuf "$command" -h | grep -q -e '--help'
	done
}

version_is_shown()
{
	ipcbuf --version | grep -Eqx 'ipcbuf [0-9]+\.[0-9]+\.[0-9]+'
	[ "$(ipcbuf -V)" = "$(ipcbuf --version)" ]
}

# wrong ARGUMENT...: refused as wrong usage, with a word on it.
wrong()
{
	fails_with 2 ipcbuf "$@" >"$work/stdout" </dev/null
	[ ! -s "$work/stdout" ] || fail "something on standard output: $*"
	[ -s "$work/stderr" ] || fail "no message: $*"
}

unknown_words_are_refused()
{
	wrong
	wrong nonsense
	wrong --nonsense
	for command in $commands; do
		wrong "$command" --nonsense
		wrong "$command" -Z
	done
	wrong ls too many
	wrong stat
	wrong stat one two
	wrong create
	wrong create one two
	wrong rm
	wrong doctor one two
	wrong send
	wrong send one two
	wrong recv
	wrong recv one two
}

bad_names_are_refused()
{
	long=$(printf '%064d' 0)
	for name in '' . .. -x .hidden a/b /a 'a b' 'ä' "$long"; do
		wrong create -- "$name"
		wrong stat -- "$name"
		wrong rm -- "$name"
		[ -z "$name" ] || wrong doctor -- "$name"
		wrong send -r "$name" x
		wrong recv -r "$name" x
		wrong send -- "$name"
		wrong recv -- "$name"
		wrong rm -r "$region" -c "$name"
	done
	# The reply channel's name must fit too.
	wrong send "$(printf '%060d' 0 | tr 0 a)"
	wrong send 9223372036854775808
}

bad_values_are_refused()
{
	for size in '' 0 1 1023K 17T 99999999999999999999 -1 1X 1KB ' 1M' 1.5M; do
		wrong create -s "$size" "$region"
		wrong send -s "$size" x
		wrong recv -s "$size" x
	done
	for mode in '' 0 8 1000 rw 00600 -1; do
		wrong create -m "$mode" "$region"
	done
	wrong create -B nonsense "$region"
	wrong create -B memfd "$region"
	wrong create -w nonsense "$region"
	for depth in 0 -1 1048577 x ''; do
		wrong send -d "$depth" x
	done
	for bytes in 0 127 x ''; do
		wrong send -R "$bytes" x
	done
	for seconds in 0 -1 x '' 1.2.3 1s; do
		wrong send -t "$seconds" x
		wrong recv -t "$seconds" x
	done
	[ -z "$(shm_files)" ] || fail "a region was made"
}

bad_combinations_are_refused()
{
	wrong recv -d 5 x
	wrong recv --record-bytes 4096 x
	wrong rm -r "$region"
	wrong rm -c x
	wrong rm -r "$region" -c x -s y
	wrong rm -r "$region" -c x another
	wrong stat -o key "$region"
	wrong stat -o key --channels --members "$region"
	wrong ls -o nonsense
	wrong ls -o name,
	wrong ls -o ''
	wrong doctor -o nonsense
}

unwritable_output_fails()
{
	ipcbuf create "$region"
	for arguments in ls 'ls -J' --help --version "stat $region" \
		"stat -J $region" doctor 'doctor -J' 'send --help'; do
		# shellcheck disable=SC2086 # words
		fails_with 1 ipcbuf $arguments >/dev/full
		says "$work/stderr" 'standard output: '
		# shellcheck disable=SC2086
		fails_with 1 ipcbuf $arguments >&-
		says "$work/stderr" 'standard output: '
	done
}

# Opening the pipe without waiting for a reader: for both ways at once.
output_without_reader_fails_quietly()
{
	ipcbuf create "$region"
	mkfifo "$work/fifo"
	exec 8<>"$work/fifo" 7>"$work/fifo" 8<&-
	fails_with 1 ipcbuf stat "$region" >&7
	[ ! -s "$work/stderr" ] || fail "it complained"
}

plan 8
run_test "help" help_is_shown
run_test "version" version_is_shown
run_test "unknown commands, options and arguments" unknown_words_are_refused
run_test "names that aren't allowed" bad_names_are_refused
run_test "values that aren't allowed" bad_values_are_refused
run_test "options that don't go together" bad_combinations_are_refused
run_test "standard output that can't be written" unwritable_output_fails
run_test "standard output without a reader" output_without_reader_fails_quietly
finish
