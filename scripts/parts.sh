# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Runs the parts of a larger check one after the other, whatever becomes of
# each, and adds up what they counted. To be sourced, with parts_dir set to
# where the parts' output is kept.
#
# A part that ends by saying "N passed, N failed, N skipped" counts as that;
# any other counts as one: passed with exit status 0, skipped with 4.

parts_passed=0
parts_failed=0
parts_skipped=0
mkdir -p "$parts_dir"

# part NAME COMMAND...
part()
{
	part_name=$1
	shift
	part_log=$parts_dir/$(echo "$part_name" | tr -c 'A-Za-z0-9\n' -).log
	part_start=$(date +%s)
	echo "--- $part_name"
	part_status=0
	"$@" >"$part_log" 2>&1 </dev/null || part_status=$?
	part_count
	printf '    %d passed, %d failed, %d skipped; %d s\n' "$part_passed" \
		"$part_failed" "$part_skipped" $(($(date +%s) - part_start))
	[ "$part_failed" = 0 ] || part_show
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

# The closing line, and the exit status of it all.
parts_end()
{
	echo "$parts_passed passed, $parts_failed failed, $parts_skipped skipped"
	[ "$parts_failed" = 0 ] && [ "$parts_passed" != 0 ]
}
