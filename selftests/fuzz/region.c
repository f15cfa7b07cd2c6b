// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opens regions whose memory was damaged while they were not open, or whose
 * name says something else than it did. Nobody may crash over one, touch memory
 * outside of it, leak or hang; what becomes of its contents is no matter.
 *
 * An input is 4 bytes (image, order of uses, kind, rest) and patches of 12. Run
 * by scripts/fuzz; or with files that it left: build/fuzz/region FILE...
 */
#include "../common/guard.h"

#include "image.h"
#include "name.h"
#include "use.h"

#include <err.h>
#include <string.h>

#define PATCHES_MAX 64u
#define HEAD_BYTES  4u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Is what the library maps really mapped by us? */
static void guards_must_work(void)
{
	struct ipcbuf_region *region;
	void *record;
	int fd = image_copy(0, NULL, 0);

	if (ipcbuf_region_open_fd(fd, NULL, &region) ||
	    ipcbuf_alloc(region, 1, &record) || !guard_has(record))
		errx(1, "regions have no guards");
	if (ipcbuf_region_close(region))
		errx(1, "a region can't be closed");
	if (guard_has(record))
		errx(1, "a region is still mapped");
	close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	images_make();
	names_prepare();
	guards_must_work();
	return 0;
}

static void fuzz_memory(unsigned int which, unsigned int order,
			const struct patch *patches, size_t count)
{
	struct ipcbuf_region_options look = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region, *again;
	int fd = image_copy(which, patches, count);

	look.flags = IPCBUF_REGION_RDONLY;
	if (!sane(ipcbuf_region_open_fd(fd, &look, &region))) {
		look_at_region(region);
		sane(ipcbuf_region_close(region));
	}
	if (!sane(ipcbuf_region_open_fd(fd, NULL, &region))) {
		use_region(region, order);
		if (!sane(ipcbuf_region_open_fd(fd, NULL, &again)))
			sane(ipcbuf_region_close(again));
		sane(ipcbuf_region_close(region));
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct patch patches[PATCHES_MAX];
	size_t count;

	if (bytes < HEAD_BYTES)
		return -1;
	count = (bytes - HEAD_BYTES) / sizeof(patches[0]);
	if (count > PATCHES_MAX)
		count = PATCHES_MAX;
	memcpy(patches, data + HEAD_BYTES, count * sizeof(patches[0]));
	if (data[2] & 1)
		fuzz_name(data[0], patches, count);
	else
		fuzz_memory(data[0], data[1], patches, count);
	return 0;
}
