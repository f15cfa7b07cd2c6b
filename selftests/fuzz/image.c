// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Images of regions at work. See image.h. */
#include "image.h"

#include "layout.h"

#include <err.h>
#include <fcntl.h>
#include <ipcbuf/ipcbuf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE	    4096u
#define OBJECTS_MAX 16u

struct image {
	struct ipcb_geometry g;
	uint64_t file_bytes;
	uint64_t *words;		/* all of the region */
	uint64_t objects[OBJECTS_MAX];
	unsigned int object_count;
};

static struct image images[IMAGES];

static void must(int ret)
{
	if (ret)
		errx(1, "an image: %s", ipcbuf_strerror(ret));
}

static void *record(struct ipcbuf_region *region, size_t bytes)
{
	void *memory;

	must(ipcbuf_alloc(region, bytes, &memory));
	memset(memory, 0x5a, bytes);
	return memory;
}

static struct ipcbuf_channel *join(struct ipcbuf_region *region,
				   struct ipcbuf_key key,
				   enum ipcbuf_direction direction,
				   uint32_t depth_slots, uint32_t flags)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;

	options.depth_slots = depth_slots;
	options.flags = flags;
	must(ipcbuf_channel_open(region, key, direction, &options, &channel));
	return channel;
}

static void send(struct ipcbuf_region *region, struct ipcbuf_channel *channel,
		 unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		must(ipcbuf_channel_try_send(channel,
					     record(region, 64u << i % 5)));
}

static void receive(struct ipcbuf_channel *channel, unsigned int count)
{
	void *memory;

	while (count--)
		must(ipcbuf_channel_try_recv(channel, &memory));
}

/* The scenes. What they hold open is what dies. */
static void nothing(struct ipcbuf_region *region)
{
	(void)region;
}

static void channels(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *both, *in;

	send(region, join(region, ipcbuf_key_id(0), IPCBUF_PRODUCER, 4, 0), 3);
	both = join(region, ipcbuf_key_id(1), IPCBUF_PRODUCER, 8,
		    IPCBUF_CHANNEL_KEEP);
	in = join(region, ipcbuf_key_id(1), IPCBUF_CONSUMER, 8, 0);
	send(region, both, 6);
	receive(in, 5);
	send(region, both, 5);
	join(region, ipcbuf_key_name("named"), IPCBUF_CONSUMER, 2, 0);
}

/* Ends that were left, and a channel that was removed. */
static void left(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *out = join(region, ipcbuf_key_id(0),
					  IPCBUF_PRODUCER, 16,
					  IPCBUF_CHANNEL_KEEP);

	send(region, out, 9);
	must(ipcbuf_channel_close(out));
	receive(join(region, ipcbuf_key_id(0), IPCBUF_CONSUMER, 0, 0), 2);
	out = join(region, ipcbuf_key_id(2), IPCBUF_PRODUCER, 4, 0);
	send(region, out, 4);
	must(ipcbuf_channel_remove(region, ipcbuf_key_id(2)));
}

static void heap(struct ipcbuf_region *region)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	size_t bytes;

	must(ipcbuf_region_get_info(region, &info));
	for (bytes = 1; bytes <= info.slab_bytes; bytes *= 3)
		must(ipcbuf_free(record(region, bytes)));
	for (bytes = 1; bytes <= 2 * info.frame_bytes; bytes = 2 * bytes + 7)
		record(region, bytes);
	must(ipcbuf_free(record(region, 3 * info.frame_bytes)));
	record(region, 4 * info.frame_bytes + 1);
}

static void segments(struct ipcbuf_region *region)
{
	struct ipcbuf_segment *segment;
	struct ipcbuf_segment_options keep = IPCBUF_SEGMENT_OPTIONS_INIT;

	keep.flags = IPCBUF_SEGMENT_KEEP;
	must(ipcbuf_segment_open(region, ipcbuf_key_name("segment"), 5000,
				 &keep, &segment));
	must(ipcbuf_segment_open(region, ipcbuf_key_id(3), 64, NULL,
				 &segment));
	must(ipcbuf_segment_remove(region, ipcbuf_key_id(3)));
	channels(region);
}

static void everything(struct ipcbuf_region *region)
{
	heap(region);
	segments(region);
}

static const struct {
	void (*run)(struct ipcbuf_region *region);
	uint64_t size_bytes;
} scenes[IMAGES] = {
	{ nothing, UINT64_C(1) << 20 },
	{ channels, UINT64_C(1) << 20 },
	{ left, UINT64_C(1) << 20 },
	{ segments, UINT64_C(1) << 20 },
	/* Here slabs are smaller than frames. */
	{ everything, UINT64_C(32) << 20 },
};

/* What the directory's first level lists. */
static void find_objects(struct image *image)
{
	const struct ipcb_header *header =
		(const struct ipcb_header *)image->words;
	uint64_t level = header->dir_level[0] / 8, i, offset;

	for (i = 0; level && i < 256; i++) {
		/* A value and a word: offset / 64, and three bits of state. */
		offset = (image->words[level + 2 * i + 1] & ~UINT64_C(7)) << 3;
		offset &= ~UINT64_C(63);
		if (offset && offset < image->g.size_bytes &&
		    image->object_count < OBJECTS_MAX)
			image->objects[image->object_count++] = offset;
	}
}

static void image_make(struct image *image, unsigned int which)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region;
	struct stat st;
	int fd;

	options.backend = IPCBUF_BACKEND_MEMFD;
	options.size_bytes = scenes[which].size_bytes;
	must(ipcbuf_region_create("fuzz", &options, &region));
	scenes[which].run(region);
	must(ipcbuf_region_get_fd(region, &fd));
	must(ipcb_geometry_compute(options.size_bytes, &image->g));
	image->words = malloc(image->g.size_bytes);
	if (!image->words || fstat(fd, &st) ||
	    pread(fd, image->words, image->g.size_bytes, 0) !=
	    (ssize_t)image->g.size_bytes)
		err(1, "an image can't be read");
	image->file_bytes = (uint64_t)st.st_size;
	find_objects(image);
	close(fd);
	must(ipcbuf_region_close(region));
}

void images_make(void)
{
	unsigned int i;

	for (i = 0; i < IMAGES; i++)
		image_make(&images[i], i);
}

/* The bytes of an area: from *@ret_at on. */
static uint64_t area_bytes(const struct image *image, unsigned int area,
			   uint16_t index, uint64_t *ret_at)
{
	const struct ipcb_geometry *g = &image->g;
	const uint64_t starts[] = {
		[AREA_HEADER] = 0,
		[AREA_MEMBERS] = g->members_offset,
		[AREA_WAITERS] = g->waiters_offset,
		[AREA_SEMS] = g->sems_offset,
		[AREA_FRAMES] = g->frames_offset,
		[AREA_SLABS] = g->slabs_offset,
		[AREA_LARGE_OWN] = g->few_own_offset,
		[AREA_OWN] = g->own_offset,
		[AREA_DIRECTORY] = g->heap_offset,
	};
	uint64_t level =
		((const struct ipcb_header *)image->words)->dir_level[0];

	if (area < AREA_DIRECTORY) {
		*ret_at = starts[area];
		return starts[area + 1] - starts[area];
	}
	if (area == AREA_DIRECTORY && level) {
		*ret_at = level;
		return 4096;
	}
	if (area == AREA_OBJECTS && image->object_count) {
		*ret_at = image->objects[index % image->object_count];
		return 1024;
	}
	*ret_at = g->heap_offset;
	return g->heap_bytes;
}

/* A word of it; every second patch takes one that isn't 0, if it finds one. */
static uint64_t find_word(const struct image *image, const struct patch *patch)
{
	uint64_t at, bytes, words, word, i;

	bytes = area_bytes(image, patch->area % AREA_ALL, patch->index, &at);
	words = bytes / 8;
	word = patch->index * (words > UINT16_MAX ? words / UINT16_MAX : 1);
	word %= words;
	for (i = 0; patch->how & 0x80 && i < words; i++)
		if (image->words[at / 8 + (word + i) % words])
			return at / 8 + (word + i) % words;
	return at / 8 + word;
}

static uint64_t changed(const struct image *image, const struct patch *patch,
			uint64_t old)
{
	switch (patch->how % 7) {
	case 0:
		return patch->value;
	case 1:
		return old ^ UINT64_C(1) << (patch->value & 63);
	case 2:
		return old + (uint64_t)(int64_t)(int8_t)patch->value;
	case 3:
		return image->words[patch->value % (image->g.size_bytes / 8)];
	case 4:
		return (old & ~UINT64_C(0xffff)) | (patch->value & 0xffff);
	case 5:
		return (old & UINT64_C(0xffffffff)) | patch->value << 32;
	default:
		return (old & ~UINT64_C(0xffffffff)) |
		       (patch->value & 0xffffffff);
	}
}

static int write_image(const struct image *image, int fd)
{
	static const char zeroes[PAGE];
	const char *bytes = (const char *)image->words;
	uint64_t at;

	if (ftruncate(fd, (off_t)image->file_bytes))
		return -1;
	for (at = 0; at < image->g.size_bytes; at += PAGE)
		if (memcmp(bytes + at, zeroes, PAGE) != 0 &&
		    pwrite(fd, bytes + at, PAGE, (off_t)at) != PAGE)
			return -1;
	return 0;
}

static int write_patch(const struct image *image, int fd,
		       const struct patch *patch)
{
	uint64_t at = find_word(image, patch) * 8, word;

	if (pread(fd, &word, 8, (off_t)at) != 8)
		return -1;
	word = changed(image, patch, word);
	return pwrite(fd, &word, 8, (off_t)at) == 8 ? 0 : -1;
}

int image_copy(unsigned int which, const struct patch *patches, size_t count)
{
	const struct image *image = &images[which % IMAGES];
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int failed = fd < 0 || write_image(image, fd);
	size_t i;

	for (i = 0; i < count && !failed; i++)
		failed = write_patch(image, fd, &patches[i]);
	if (!failed)
		failed = fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	if (failed)
		err(1, "a copy of an image");
	return fd;
}
