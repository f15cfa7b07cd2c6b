/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Images of regions: what lies in their memory while their members are at work.
 * A copy of one is a region whose members have all died at that moment. The
 * words of a copy that are to be damaged are found by what they belong to.
 */
#ifndef FUZZ_IMAGE_H
#define FUZZ_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define IMAGES 5u

enum area {
	AREA_HEADER,
	AREA_MEMBERS,
	AREA_WAITERS,
	AREA_SEMS,
	AREA_FRAMES,
	AREA_SLABS,
	AREA_LARGE_OWN,
	AREA_OWN,
	AREA_DIRECTORY,		/* the levels' entries */
	AREA_OBJECTS,		/* the lines of channels and segments */
	AREA_HEAP,
	AREA_ALL,
};

/* A patch: one word of one area, changed in one of some ways. */
struct patch {
	uint8_t area;
	uint8_t how;
	uint16_t index;
	uint64_t value;
} __attribute__((packed));

/* Makes all images; ends the process where that can't be done. */
void images_make(void);

/* A sealed memfd with a copy of image @which, damaged; -1 and errno. */
int image_copy(unsigned int which, const struct patch *patches, size_t count);

#endif
