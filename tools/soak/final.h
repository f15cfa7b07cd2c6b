/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What must hold when everybody has gone. */
#ifndef SOAK_FINAL_H
#define SOAK_FINAL_H

#include "ledger.h"

/* Lanes are channels that stay; nobody has them open. */
int final_make_lanes(struct ledger *ledger, struct ipcbuf_region *region);

/*
 * The dead are recovered, the lanes drained and settled, and everything that
 * has a key removed. Then nothing may be left. Says what is wrong.
 */
bool final_check(struct ledger *ledger, const struct soak_region *region,
		 uint64_t *ret_deaths);

#endif
