# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Counts the single tests in the output of the kernel's kselftest runner, whose
# lines come from a program when they begin with "# ", else from the runner.
# A program counts as one more failure when it printed no plan, didn't keep to
# it, or ended badly without a failed test; a program that the runner announced
# and that never ended counts as one, too.
#
# What scripts/kselftest says, of the part that follows:
#   #awaited: NAME...   programs that must give a result
#   #elsewhere: TEXT    what is skipped for this reason runs in another part, so
#                       that it isn't counted
#   #needed: TEXT       what is skipped for this reason has failed

function fail(what)
{
	failures[++failed] = what
}

function begin(name)
{
	program = name
	plan = -1
	skip_all = ""
	seen = bad = 0
}

function skip(line)
{
	if (needed != "" && index(line, needed))
		fail(program ": " line)
	else if (elsewhere == "" || !index(line, elsewhere))
		skipped++
}

# "ipcbuf: NAME" has come to an end, whichever.
function note_result(name)
{
	sub(/.*: /, "", name)
	results[name]++
}

# A plan of 0 is how a program says that it is skipped as a whole.
function end(ok, is_skip)
{
	if (program == "")
		begin("?")
	note_result(program)
	if (skip_all != "" && ok)
		skip(skip_all)
	else if (is_skip && seen == 0)
		skip($0)
	else if (plan < 0)
		fail(program ": no plan")
	else if (skip_all != "")
		fail(program)
	else if (seen != plan || seen == 0)
		fail(program ": " plan " tests planned, " seen " seen")
	else if (!ok && !bad)
		fail(program ": " $0)
	program = ""
}

/^#awaited: / {
	for (i = 2; i <= NF; i++)
		awaited[++awaited_count] = $i
	elsewhere = needed = ""
	next
}

/^#elsewhere: / {
	elsewhere = substr($0, length($1) + 2)
	next
}

/^#needed: / {
	needed = substr($0, length($1) + 2)
	next
}

/^1\.\.[0-9]+/ {
	programs_planned += substr($1, 4)
	if ($1 == "1..0")
		fail("nothing was run")
	next
}

/^Bail out!/ {
	fail($0)
	next
}

/^(not )?ok / {
	programs_ended++
	end($1 == "ok", $0 ~ /# SKIP/)
	next
}

/^# selftests: / {
	begin($0)
	sub(/^# selftests: /, "", program)
	next
}

/^# 1\.\.[0-9]+/ {
	if (plan >= 0)
		fail(program ": a second plan")
	plan = substr($2, 4) + 0
	skip_all = plan == 0 && $0 ~ /# SKIP/ ? $0 : ""
	next
}

/^# (not )?ok / {
	seen++
	if ($2 == "not") {
		bad++
		name = $0
		sub(/^# not ok [0-9]* *(- )?/, "", name)
		fail(program ": " name)
	} else if ($0 ~ /# SKIP/) {
		skip($0)
	} else {
		passed++
	}
	next
}

/^# Bail out!/ {
	bad++
	fail(program ": " $0)
}

function missing_results(i)
{
	for (i = 1; i <= awaited_count; i++)
		if (results[awaited[i]]-- <= 0)
			fail(awaited[i] ": no result")
}

END {
	if (program != "") {
		fail(program ": never ended")
		note_result(program)
	} else if (programs_ended != programs_planned) {
		fail(programs_planned " programs planned, " programs_ended " seen")
	}
	missing_results()
	for (i = 1; i <= failed; i++)
		print "failed: " failures[i]
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit (failed > 0 || passed == 0)
}
