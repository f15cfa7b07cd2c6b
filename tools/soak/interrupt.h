/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Has somebody asked for the end? */
#ifndef SOAK_INTERRUPT_H
#define SOAK_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void);
bool interrupted(void);

#endif
