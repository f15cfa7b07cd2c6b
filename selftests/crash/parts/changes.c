// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Changes of a region's memory, see changes.h. */
#include "changes.h"

#include "../../common/check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* The judge's mapping begins where offset 0 is. */
static const unsigned char *base_of(struct crash *crash)
{
	uint64_t offset;

	MUST_EQ(0, ipcbuf_offset_of(crash->keepers[0], &offset));
	return (const unsigned char *)crash->keepers[0] - offset;
}

/* Only a system call gives memory or takes it; holes aren't to be touched. */
static void find_present(struct changes *changes)
{
	MUST_EQ(0, mincore((void *)(uintptr_t)changes->base,
			   changes->pages * page_bytes(), changes->present));
}

static bool copy_changes(struct changes *changes)
{
	size_t bytes = page_bytes(), i;
	bool changed = false;

	for (i = 0; i < changes->pages; i++) {
		const unsigned char *now = changes->base + i * bytes;
		unsigned char *before = changes->copy + i * bytes;

		if (!(changes->present[i] & 1) || !memcmp(before, now, bytes))
			continue;
		memcpy(before, now, bytes);
		changed = true;
	}
	return changed;
}

bool changes_begin(struct changes *changes, struct crash *crash)
{
	size_t bytes;

	memset(changes, 0, sizeof(*changes));
	/* The module's memory is in no page cache. */
	if (crash->backend == IPCBUF_BACKEND_KMOD)
		return false;
	bytes = region_info(crash->region.handle).size_bytes;
	changes->base = base_of(crash);
	changes->pages = bytes / page_bytes();
	changes->copy = pages_new(bytes);
	changes->present = pages_new(changes->pages);
	changes->changed = pages_new(STEP_MOST * sizeof(bool));
	find_present(changes);
	copy_changes(changes);
	return true;
}

void changes_note(size_t step, bool called, void *arg)
{
	struct changes *changes = arg;

	MUST(step < STEP_MOST);
	if (called)
		find_present(changes);
	changes->changed[step] = copy_changes(changes) || called;
}

void changes_end(struct changes *changes)
{
	pages_free(changes->copy, changes->pages * page_bytes());
	pages_free(changes->present, changes->pages);
}
