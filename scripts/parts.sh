# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Runs the parts of a larger check, whatever becomes of each, and adds up what
# they counted. To be sourced, with parts_dir set to where the parts' output is
# kept.
#
#   part NAME COMMAND...         runs it now
#   queue PLACE NAME COMMAND...  for parts_run, which runs what has been queued in
#                                that order, $parts_at_once of them at a time (2),
#                                but never two in one place: a BUILD folder, or
#                                whatever they can't both use. "-" is no place.
#                                What hasn't begun $takes (0) seconds before
#                                $parts_until (as of date +%s) is left out
#
# They are told of in the order in which they were named, whichever ends first.
#
# A part that ends by saying "N passed, N failed, N skipped" counts as that;
# any other counts as one: passed with exit status 0, skipped with 4.

parts_passed=0
parts_failed=0
parts_skipped=0
# Of those that are queued the numbers; what is known of number N is in
# part_place_N, part_name_N, part_words_N, and once it began in part_pid_N,
# part_start_N, part_end_N and part_status_N.
parts_last=0
parts_waiting=
parts_running=
parts_untold=
mkdir -p "$parts_dir"

part()
{
	part_name=$1
	shift
	part_log=$(part_log_of "$part_name")
	part_start=$(date +%s)
	echo "--- $part_name"
	part_status=0
	"$@" >"$part_log" 2>&1 </dev/null || part_status=$?
	part_seconds=$(($(date +%s) - part_start))
	part_tell
}

part_log_of()
{
	echo "$parts_dir/$(echo "$1" | tr -c 'A-Za-z0-9\n' -).log"
}

# What became of part_name, by part_status, part_seconds and part_log.
part_tell()
{
	part_count
	printf '    %d passed, %d failed, %d skipped; %d s\n' "$part_passed" \
		"$part_failed" "$part_skipped" "$part_seconds"
	[ "$part_failed" = 0 ] || part_show
	grep '^left out: ' "$part_log" || true
	parts_passed=$((parts_passed + part_passed))
	parts_failed=$((parts_failed + part_failed))
	parts_skipped=$((parts_skipped + part_skipped))
}

part_count()
{
	sums=$(tail -n 5 "$part_log" | sed -nE \
		's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' |
		tail -n 1)
	case "$sums:$part_status" in
	:0) sums='1 0 0' ;;
	:4) sums='0 0 1' ;;
	:*) sums='0 1 0' ;;
	esac
	read -r part_passed part_failed part_skipped <<-END
	$sums
	END
	# A sum that says all is well doesn't outweigh a bad exit status.
	if [ "$part_status" != 0 ] && [ "$part_status" != 4 ] && [ "$part_failed" = 0 ]
	then
		part_failed=1
	fi
}

# The end of a failed part's output; all of it is in its log.
part_show()
{
	tail -n "${PART_LINES:-60}" "$part_log" | sed 's/^/    | /'
	echo "    all of it: $part_log"
}

queue()
{
	parts_last=$((parts_last + 1))
	part_know "$parts_last" place "$1"
	part_know "$parts_last" name "$2"
	part_know "$parts_last" takes "${takes:-0}"
	shift 2
	part_know "$parts_last" words "$(for word; do
		printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done)"
	parts_waiting="$parts_waiting $parts_last"
	parts_untold="$parts_untold $parts_last"
}

# part_know N WHAT VALUE
part_know()
{
	eval "part_$2_$1=\$3"
}

# part_of N WHAT
part_of()
{
	eval "echo \"\$part_$2_$1\""
}

parts_run()
{
	trap 'parts_stop; exit 130' INT
	trap 'parts_stop; exit 143' TERM HUP
	while [ -n "$parts_untold" ]; do
		parts_start
		parts_look
		parts_tell
		[ -z "$parts_untold" ] || sleep 0.5
	done
	trap - INT TERM HUP
}

# Each has a group of its own, so that it can be ended with all that it began.
parts_start()
{
	for n in $parts_waiting; do
		# shellcheck disable=SC2086 # numbers are words
		set -- $parts_running
		[ $# -lt "${parts_at_once:-2}" ] || return 0
		part_has_place "$n" || continue
		part_know "$n" start "$(date +%s)"
		part_is_in_time "$n" || part_know "$n" words \
			"sh -c 'echo \"left out: no time is left\"; exit 4'"
		eval "exec setsid $(part_of "$n" words)" \
			>"$(part_log_of "$(part_of "$n" name)")" 2>&1 </dev/null &
		part_know "$n" pid $!
		parts_running="$parts_running $n"
		parts_waiting=$(parts_without "$n" "$parts_waiting")
	done
}

part_has_place()
{
	place=$(part_of "$1" place)
	[ "$place" != - ] || return 0
	for other in $parts_running; do
		[ "$(part_of "$other" place)" != "$place" ] || return 1
	done
}

part_is_in_time()
{
	[ -z "${parts_until:-}" ] ||
		[ $(($(part_of "$1" start) + $(part_of "$1" takes))) -lt "$parts_until" ]
}

# parts_without N NUMBERS
parts_without()
{
	for number in $2; do
		[ "$number" = "$1" ] || printf ' %s' "$number"
	done
}

parts_look()
{
	for n in $parts_running; do
		! kill -0 "$(part_of "$n" pid)" 2>/dev/null || continue
		part_status=0
		wait "$(part_of "$n" pid)" || part_status=$?
		part_know "$n" status "$part_status"
		part_know "$n" end "$(date +%s)"
		parts_running=$(parts_without "$n" "$parts_running")
	done
}

# Those that have ended, up to the first that hasn't.
parts_tell()
{
	for n in $parts_untold; do
		case " $parts_waiting $parts_running " in
		*" $n "*) return ;;
		esac
		part_name=$(part_of "$n" name)
		part_log=$(part_log_of "$part_name")
		part_status=$(part_of "$n" status)
		part_seconds=$(($(part_of "$n" end) - $(part_of "$n" start)))
		echo "--- $part_name"
		part_tell
		parts_untold=$(parts_without "$n" "$parts_untold")
	done
}

parts_stop()
{
	for n in $parts_running; do
		env kill -TERM -- "-$(part_of "$n" pid)" 2>/dev/null || true
	done
}

# The closing line, and the exit status of it all.
parts_end()
{
	echo "$parts_passed passed, $parts_failed failed, $parts_skipped skipped"
	[ "$parts_failed" = 0 ] && [ "$parts_passed" != 0 ]
}
