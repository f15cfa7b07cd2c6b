# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What isn't built for macOS, beside crash/ (ptrace), kmod/ (the module) and cmd/
# (/proc).

# The module, and what tests of it share.
LEFT_OUT := api/channel_fd api/region_kmod \
	$(addprefix common/,actor actor_wrong kmod module scene)
# Namespaces, and what is in /proc.
LEFT_OUT += api/full_machine api/region_limits proc/members
# A filter of system calls; there is no membarrier(2) there anyway.
LEFT_OUT += proc/no_membarrier
# A tracer that stops at each system call.
LEFT_OUT += proc/half_made
# Affinity, and how often a thread gave up its processor.
LEFT_OUT += proc/sleep_race unit/grace_period unit/processors
# What madvise() does: advice_macos.c has the answers.
LEFT_OUT += common/advice
# common/guard.h: the C library's mmap(), replaced by system calls.
LEFT_OUT += unit/scribble unit/spoilt
