/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Names whose files were damaged: the record that says what belongs to a name,
 * and the size of what does.
 */
#ifndef FUZZ_NAME_H
#define FUZZ_NAME_H

#include "image.h"

/*
 * A damaged record can name any System V object. So this is only done where the
 * process can have such objects to itself.
 */
void names_prepare(void);

/* Makes a region with a name, damages it, and does with it what one does. */
void fuzz_name(unsigned int which, const struct patch *patches, size_t count);

#endif
