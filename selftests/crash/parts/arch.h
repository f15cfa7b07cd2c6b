/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the stepper must know of a machine: where a stopped process is, which
 * instruction stops it, and which calls the kernel. The rest of ptrace() is the
 * same everywhere.
 *
 * On aarch64 a processor without the large system extensions can't be stepped
 * through an atomic operation: each stop takes its reservation away, and it
 * tries again for ever.
 */
#ifndef SELFTESTS_CRASH_ARCH_H
#define SELFTESTS_CRASH_ARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>

#if defined(__x86_64__)

#define ARCH_BREAK_MASK  UINT64_C(0xff)
#define ARCH_BREAK       UINT64_C(0xcc)	/* int3 */
#define ARCH_BREAK_BYTES 1u		/* how far it moves the place on */

static inline bool arch_can_step(void)
{
	return true;
}

/* Libraries don't agree on the type of a register. */
typedef __typeof__(((struct user_regs_struct *)0)->rip) arch_word;

static inline arch_word *arch_place(struct user_regs_struct *regs)
{
	return &regs->rip;
}

/* syscall */
static inline bool arch_is_call(uint64_t text)
{
	return (text & 0xffff) == 0x050f;
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

#define ARCH_BREAK_MASK  UINT64_C(0xffffffff)
#define ARCH_BREAK       UINT64_C(0xd4200000)	/* brk #0 */
#define ARCH_BREAK_BYTES 0u
#define ARCH_HAS_ATOMICS (1ul << 8)

static inline bool arch_can_step(void)
{
	return getauxval(AT_HWCAP) & ARCH_HAS_ATOMICS;
}

/* Libraries don't agree on the type of a register. */
typedef __typeof__(((struct user_regs_struct *)0)->pc) arch_word;

static inline arch_word *arch_place(struct user_regs_struct *regs)
{
	return &regs->pc;
}

/* svc #0 */
static inline bool arch_is_call(uint64_t text)
{
	return (text & 0xffffffff) == 0xd4000001;
}

#else

#define ARCH_BREAK_MASK  UINT64_C(0)
#define ARCH_BREAK       UINT64_C(0)
#define ARCH_BREAK_BYTES 0u

static inline bool arch_can_step(void)
{
	return false;
}

static inline unsigned long long *arch_place(struct user_regs_struct *regs)
{
	static unsigned long long nowhere;

	(void)regs;
	return &nowhere;
}

static inline bool arch_is_call(uint64_t text)
{
	(void)text;
	return true;
}

#endif

#endif
