/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The functions that families.c lists; each runs in both roles. */
#ifndef BENCH_FAMILIES_H
#define BENCH_FAMILIES_H

#include "worker.h"

int run_line(struct worker *worker);
int run_rtt(struct worker *worker);
int run_rtt_direct(struct worker *worker);
int run_rtt_waiting(struct worker *worker);
int run_blocking(struct worker *worker);
int run_blocking_futex(struct worker *worker);
int run_handles(struct worker *worker);
int run_handles_in_batches(struct worker *worker);
int run_life(struct worker *worker);
int run_life_direct(struct worker *worker);
int run_life_in_batches(struct worker *worker);
int run_life_by_cxx(struct worker *worker);
int run_memcpy(struct worker *worker);
int run_local(struct worker *worker);
int run_remote_free(struct worker *worker);
int run_pairs(struct worker *worker);
int run_channels_one(struct worker *worker);
int run_channels_all(struct worker *worker);
int run_attach(struct worker *worker);
int run_attach_mmap(struct worker *worker);
int run_wake(struct worker *worker);
int run_wake_futex(struct worker *worker);
int run_wake_nobody(struct worker *worker);
int run_wake_nobody_futex(struct worker *worker);
int run_memory(struct worker *worker);
int run_idle_consumer(struct worker *worker);
int run_death_told(struct worker *worker);
int run_recovery(struct worker *worker);
int run_module_round_trip(struct worker *worker);
int run_module_wake(struct worker *worker);
int run_module_death(struct worker *worker);
int run_module_attach(struct worker *worker);
int run_module_regions(struct worker *worker);
int run_module_memory(struct worker *worker);

#endif
