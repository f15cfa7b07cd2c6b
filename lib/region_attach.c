/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Turning mapped memory into an open handle: checking the header, private
 * tables, membership, publication. Every failure undoes what was done here.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "member.h"
#include "region_attach.h"

/*
 * What a header says is checked against what its size must give. Nothing else
 * in it is used to find a place in the region.
 */
static int check_header(const struct ipcb_header *header, uint64_t size_bytes,
			struct ipcb_geometry *ret)
{
	struct ipcb_geometry g;

	/* Acquire: pairs with the release in region_create.c. */
	if (ipcb_load_acquire(&header->magic) != IPCB_MAGIC ||
	    header->layout_version != IPCB_LAYOUT_VERSION ||
	    (header->features & ~IPCB_FEATURES_KNOWN))
		return -EPROTO;
	if (ipcb_geometry_compute(header->size_bytes, &g) ||
	    g.size_bytes != size_bytes ||
	    g.slab_shift != header->slab_shift ||
	    g.frame_shift != header->frame_shift ||
	    g.max_members != header->max_members ||
	    g.max_waiters != header->max_waiters ||
	    g.max_sems != header->max_sems)
		return -EPROTO;
	*ret = g;
	return 0;
}

static void *private_table(uint64_t bytes)
{
	void *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return table == MAP_FAILED ? NULL : table;
}

static uint64_t held_bytes(const struct ipcb_geometry *g)
{
	return g->heap_bytes >> 6;
}

static uint64_t home_bytes(const struct ipcb_geometry *g)
{
	return (g->heap_bytes >> g->slab_shift) * sizeof(uint32_t);
}

static uint64_t bitmap_bytes(const struct ipcb_geometry *g)
{
	return ipcb_align_up(g->heap_offset / IPCB_META_PAGE, 64) / 8;
}

void ipcb_region_unmap_private(struct ipcbuf_region *region)
{
	if (region->held)
		munmap(region->held, held_bytes(&region->g));
	if (region->home)
		munmap(region->home, home_bytes(&region->g));
	if (region->meta_committed)
		munmap(region->meta_committed, bitmap_bytes(&region->g));
	region->held = NULL;
	region->home = NULL;
	region->meta_committed = NULL;
}

static int map_private(struct ipcbuf_region *region)
{
	region->held = private_table(held_bytes(&region->g));
	region->home = private_table(home_bytes(&region->g));
	region->meta_committed = private_table(bitmap_bytes(&region->g));
	if (region->held && region->home && region->meta_committed)
		return 0;
	ipcb_region_unmap_private(region);
	return -ENOMEM;
}

void ipcb_region_set_tables(struct ipcbuf_region *region)
{
	const struct ipcb_geometry *g = &region->g;

	region->base = region->memory.base;
	region->header = ipcb_at(region, 0);
	region->members = ipcb_at(region, g->members_offset);
	region->waiters = ipcb_at(region, g->waiters_offset);
	region->frames = ipcb_at(region, g->frames_offset);
	region->slabs = ipcb_at(region, g->slabs_offset);
	region->few_own = ipcb_at(region, g->few_own_offset);
	region->big_own = ipcb_at(region, g->big_own_offset);
	region->own = ipcb_at(region, g->own_offset);
	region->usable_classes = ipcb_classes_init(g, region->classes);
	region->small_classes = ipcb_classes_small(region->classes);
	region->more_classes = ipcb_classes_more(region->classes);
	region->slab_units_shift = g->slab_shift - 6;
	region->slab_units_mask = (1u << region->slab_units_shift) - 1;
	region->frame_units_shift = g->frame_shift - 6;
	region->frame_units_mask = (1u << region->frame_units_shift) - 1;
	region->heap = ipcb_at(region, g->heap_offset);
	region->heap_unit = g->heap_offset >> 6;
	region->heap_units = g->heap_bytes >> 6;
	region->units_known = 0;
	region->wait.sem_claims = ipcb_at(region, g->sems_offset);
	region->wait.max_sems = g->max_sems;
	region->wait.memory = &region->memory;
}

/*
 * Where every member can use membarrier() a waker has no fence. A process that
 * can't, though the region's creator could, has full fences and short sleeps.
 */
static void choose_fences(struct ipcbuf_region *region)
{
	int region_does = region->header->features & IPCB_FEATURE_MEMBARRIER;
	int process_does = ipcb_membarrier_register();

	region->wait.asymmetric = region_does && process_does;
	region->wait.tick_ns = region_does && !process_does ?
			       IPCB_NS_PER_MS : UINT64_MAX;
}

int ipcb_region_wait_file(const struct ipcbuf_region *region,
			  uint64_t *ret_offset)
{
	if (region->memory.ops->lock_file) {
		*ret_offset = region->g.size_bytes;
		return region->memory.fd;
	}
	*ret_offset = IPCB_META_PAGE;
	return region->lock_fd;
}

static int open_wait(struct ipcbuf_region *region)
{
	uint32_t id = region->header->wait;
	uint64_t offset;
	int fd = ipcb_region_wait_file(region, &offset);

	region->wait.ops = ipcb_wait_by_id(id);
	if (!region->wait.ops || !(region->memory.ops->waits >> id & 1))
		return -EPROTO;
	region->wait.sem_id = region->header->sem_id;
	choose_fences(region);
	if (region->rdonly || region->wait.sems)
		return 0;
	return region->wait.ops->open(&region->wait, fd, offset);
}

static void init_private(struct ipcbuf_region *region)
{
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&region->mutex, NULL);
	pthread_mutex_init(&region->directory_mutex, &recursive);
	pthread_mutexattr_destroy(&recursive);
	region->references = 1;
}

/* Members first: the registry lets other threads in. */
static int publish(struct ipcbuf_region *region)
{
	int error = region->rdonly ? 0 : ipcb_member_join(region);

	if (error)
		return error;
	error = ipcb_registry_add(region);
	if (error) {
		if (!region->rdonly)
			ipcb_member_leave(region);
		return error;
	}
	/* Release: pairs with the acquire in ipcb_enter(). */
	ipcb_store_release(&region->handle.serial, ipcb_handle_serial());
	return 0;
}

int ipcb_region_attach(struct ipcbuf_region *region)
{
	int error = check_header((struct ipcb_header *)region->memory.base,
				 region->memory.size_bytes, &region->g);

	if (!error)
		error = map_private(region);
	if (error)
		return error;
	ipcb_region_set_tables(region);
	init_private(region);
	error = open_wait(region);
	if (!error)
		error = publish(region);
	if (error) {
		if (region->wait.ops)
			region->wait.ops->close(&region->wait);
		ipcb_region_unmap_private(region);
	}
	return error;
}
