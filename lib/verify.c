/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Verification: every block is exactly one of free, privately held, listed in
 * the directory, or in one channel's window; and every word says something
 * that it can say. Holds the directory's lock; what others allocate, free and
 * send in the meantime may be reported though it is only in motion.
 */
#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include <ipcbuf/inspect.h>

#include "directory.h"

void ipcb_verify_problem(struct ipcb_verify *v, const char *format, ...)
{
	char text[160];
	va_list args;

	v->problems++;
	if (!v->report)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	v->report(text, v->arg);
}

void ipcb_verify_see(struct ipcb_verify *v, uint64_t offset,
		     enum ipcb_seen what, const char *where)
{
	struct ipcb_block block;
	uint8_t *seen;

	if (ipcb_block_at(v->region, offset, &block)) {
		ipcb_verify_problem(v, "%s names offset %#llx, which is no block",
				    where, (unsigned long long)offset);
		return;
	}
	seen = &v->seen[(offset - v->region->g.heap_offset) >> 6];
	if (*seen)
		ipcb_verify_problem(v, "%s names the block at %#llx, which is "
				    "named elsewhere too", where,
				    (unsigned long long)offset);
	*seen = (uint8_t)what;
}

static int see_level(struct ipcbuf_region *region, uint64_t offset, void *arg)
{
	(void)region;
	ipcb_verify_see(arg, offset, IPCB_SEEN_LISTED, "the directory");
	return 0;
}

static int see_object(struct ipcbuf_region *region, uint64_t offset, void *arg)
{
	struct ipcb_object *object = ipcb_object_at(region, offset);

	ipcb_verify_see(arg, offset, IPCB_SEEN_LISTED, "the directory");
	if (!object)
		ipcb_verify_problem(arg, "the directory lists %#llx, which is "
				    "no channel or segment",
				    (unsigned long long)offset);
	else if (object->kind == IPCBUF_KIND_SEGMENT)
		ipcb_verify_segment(arg, object);
	else
		ipcb_verify_spsc(arg, object);
	return 0;
}

static int verify_locked(struct ipcb_verify *v)
{
	uint64_t bytes = v->region->g.heap_bytes >> 6;

	v->seen = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (v->seen == MAP_FAILED)
		return -ENOMEM;
	ipcb_directory_each_level(v->region, see_level, v);
	ipcb_directory_each(v->region, see_object, v);
	ipcb_verify_heap(v);
	munmap(v->seen, bytes);
	return v->problems ? -EUCLEAN : 0;
}

IPCB_PUBLIC int
ipcbuf_region_verify(struct ipcbuf_region *region,
		     void (*report)(const char *problem, void *arg), void *arg)
{
	struct ipcb_verify v = { region, report, arg, NULL, 0 };
	int error = ipcb_enter(region);

	if (error)
		return error;
	error = ipcb_directory_lock(region);
	if (!error) {
		error = verify_locked(&v);
		ipcb_directory_unlock(region);
	}
	ipcb_leave();
	return error;
}
