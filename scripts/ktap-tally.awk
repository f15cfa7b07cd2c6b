# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Counts the single tests in the output of the kernel's kselftest runner, whose
# lines come from a program when they begin with "# ", else from the runner.
# A program counts as one more failure when it printed no plan, didn't keep to
# it, or ended badly without a failed test; a program that the runner announced
# and that never ended counts as one, too. What is skipped for a reason that
# matches -v elsewhere= is no skip: it runs in another part of the same output.

function fail(what)
{
	failures[++failed] = what
}

function begin(name)
{
	program = name
	plan = -1
	skip_all = seen = bad = 0
}

# A plan of 0 is how a program says that it is skipped as a whole.
function end(ok, skip)
{
	if (program == "")
		begin("?")
	if (skip && seen == 0)
		skipped++
	else if (plan < 0)
		fail(program ": no plan")
	else if (skip_all)
		ok ? skipped++ : fail(program)
	else if (seen != plan || seen == 0)
		fail(program ": " plan " tests planned, " seen " seen")
	else if (!ok && !bad)
		fail(program ": " $0)
	program = ""
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
	skip_all = plan == 0 && $0 ~ /# SKIP/
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
		skipped += elsewhere == "" || $0 !~ elsewhere
	} else {
		passed++
	}
	next
}

/^# Bail out!/ {
	bad++
	fail(program ": " $0)
}

END {
	if (program != "")
		fail(program ": never ended")
	else if (programs_ended != programs_planned)
		fail(programs_planned " programs planned, " programs_ended " seen")
	for (i = 1; i <= failed; i++)
		print "failed: " failures[i]
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit (failed > 0 || passed == 0)
}
