/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Committing memory before it is touched. A page of a shared mapping that the
 * machine can't supply ends the process with SIGBUS; so every page is asked
 * for first, where -ENOMEM can still be said. Any thread, any time.
 */
#include "region.h"

static int page_known(const struct ipcbuf_region *region, uint64_t page)
{
	return ipcb_load_relaxed(&region->meta_committed[page / 64]) >>
	       (page % 64) & 1;
}

/*
 * Metadata is never given back, so what this process has committed once it
 * needn't ask for again: the bitmap saves the system calls.
 */
int ipcb_commit_meta(struct ipcbuf_region *region, uint64_t offset,
		     uint64_t bytes)
{
	uint64_t first = offset / IPCB_META_PAGE;
	uint64_t end = (offset + bytes + IPCB_META_PAGE - 1) / IPCB_META_PAGE;
	uint64_t page;
	int error;

	while (first < end && page_known(region, first))
		first++;
	if (first == end)
		return 0;
	error = region->memory.ops->commit(&region->memory,
					   first * IPCB_META_PAGE,
					   (end - first) * IPCB_META_PAGE);
	if (error)
		return error;
	for (page = first; page < end; page++)
		ipcb_or_acq_rel(&region->meta_committed[page / 64],
				UINT64_C(1) << (page % 64));
	return 0;
}

static void raise_peak(struct ipcb_header *header, uint64_t now)
{
	uint64_t peak = ipcb_load_relaxed(&header->peak_committed_bytes);

	while (now > peak && !ipcb_cas_acq_rel(&header->peak_committed_bytes,
					       peak, now))
		peak = ipcb_load_relaxed(&header->peak_committed_bytes);
}

int ipcb_commit_heap(struct ipcbuf_region *region, uint64_t offset,
		     uint64_t bytes)
{
	struct ipcb_header *header = region->header;
	int error = region->memory.ops->commit(&region->memory, offset, bytes);

	if (error)
		return error;
	raise_peak(header, bytes +
		   ipcb_add_relaxed(&header->committed_bytes, bytes));
	return 0;
}

/* The hint follows; recovery sets it right where a death left it wrong. */
void ipcb_decommit_heap(struct ipcbuf_region *region, uint64_t offset,
			uint64_t bytes, uint64_t committed_bytes)
{
	region->memory.ops->decommit(&region->memory, offset, bytes);
	ipcb_add_relaxed(&region->header->committed_bytes, -committed_bytes);
}
