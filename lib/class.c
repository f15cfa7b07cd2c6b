/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The table of size classes for a geometry. Pure functions. */
#include "class.h"

/*
 * A magazine caches about this much, within the bounds below; of large blocks 16 where
 * they are no more than that, and than a sixteenth of the heap.
 */
#define MAGAZINE_BYTES (UINT64_C(256) << 10)
#define LARGE_BYTES    (UINT64_C(16) << 20)
#define MAGAZINE_MIN   4u
#define MAGAZINE_LARGE 16u
#define MAGAZINE_MAX   64u

static uint8_t magazine_capacity(const struct ipcb_geometry *g, uint64_t bytes)
{
	uint64_t large = ipcb_min(LARGE_BYTES, g->heap_bytes / 16) / bytes;
	uint64_t fit = ipcb_max(MAGAZINE_BYTES / bytes,
				ipcb_min(large, MAGAZINE_LARGE));

	return (uint8_t)ipcb_min(ipcb_max(fit, MAGAZINE_MIN), MAGAZINE_MAX);
}

static void class_init(const struct ipcb_geometry *g, unsigned int index,
		       struct ipcb_class *class)
{
	uint64_t units = ipcb_class_units(index);
	uint64_t bytes = units << 6;
	uint64_t slab_bytes = UINT64_C(1) << g->slab_shift;
	uint64_t frame_bytes = UINT64_C(1) << g->frame_shift;

	class->units = (uint32_t)units;
	class->bytes = bytes;
	class->reciprocal = ((UINT64_C(1) << 32) + units - 1) / units;
	class->magazine = magazine_capacity(g, bytes);
	if (bytes <= slab_bytes / 2) {
		class->kind = IPCB_SPAN_SMALL;
		class->blocks = (uint32_t)(slab_bytes / bytes);
	} else if (bytes <= frame_bytes / 2) {
		class->kind = IPCB_SPAN_BIG;
		class->blocks = (uint32_t)(frame_bytes / bytes);
	} else {
		class->kind = IPCB_SPAN_RUN;
		class->blocks = 1;
	}
	class->end = (uint64_t)class->blocks << 32;
}

unsigned int ipcb_classes_init(const struct ipcb_geometry *geometry,
			       struct ipcb_class *classes)
{
	unsigned int i, usable = 0;

	for (i = 0; i < IPCB_CLASSES; i++) {
		class_init(geometry, i, &classes[i]);
		if (classes[i].kind == IPCB_SPAN_SMALL ||
		    classes[i].bytes <= geometry->heap_bytes / 16)
			usable = i + 1;
	}
	return usable;
}

unsigned int ipcb_classes_small(const struct ipcb_class *classes)
{
	unsigned int n = 0;

	while (n < IPCB_CLASSES && classes[n].kind == IPCB_SPAN_SMALL)
		n++;
	return n;
}

unsigned int ipcb_classes_more(const struct ipcb_class *classes)
{
	unsigned int n = ipcb_classes_small(classes);

	while (n < IPCB_CLASSES && classes[n].blocks > IPCB_FEW_BLOCKS)
		n++;
	return n;
}

const uint8_t ipcb_class_table[IPCB_CLASS_TABLE_BYTES / 64] = {
	0, 1, 2, 3, 4, 5, 6, 7,
	[8 ... 9] = 8, [10 ... 11] = 9, [12 ... 13] = 10, [14 ... 15] = 11,
	[16 ... 19] = 12, [20 ... 23] = 13, [24 ... 27] = 14, [28 ... 31] = 15,
	[32 ... 39] = 16, [40 ... 47] = 17, [48 ... 55] = 18, [56 ... 63] = 19,
};
