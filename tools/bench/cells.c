// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Makes cells of families and peers. See cells.h. */
#include "cells.h"

#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

void cells_format_size(char *text, size_t text_bytes, uint64_t bytes)
{
	static const char units[] = " KMGT";
	unsigned int unit = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 && units[unit + 1]) {
		bytes /= 1024;
		unit++;
	}
	if (unit)
		snprintf(text, text_bytes, "%llu%c", (unsigned long long)bytes,
			 units[unit]);
	else
		snprintf(text, text_bytes, "%llu", (unsigned long long)bytes);
}

/* A prefix says that it is no size. */
static void name_column(struct cell *cell)
{
	const struct family *family = cell->family;

	if (!family->parameters)
		return;
	if (family->prefix)
		snprintf(cell->column, sizeof(cell->column), "%s%llu",
			 family->prefix, (unsigned long long)cell->parameter);
	else
		cells_format_size(cell->column, sizeof(cell->column),
				  cell->parameter);
}

static void name_cell(struct cell *cell)
{
	const char *family = cell->family->name;
	const char *row = cell->row ? cell->row : "";

	snprintf(cell->name, sizeof(cell->name), "%.24s%s%.20s%s%.32s", family,
		 cell->column[0] ? "/" : "", cell->column, *row ? "/" : "",
		 row);
	if (!cell->row)
		cell->row = "ipcbuf";
}

/*
 * As large as who gives no size has it, and twice what its records come to: memory is
 * committed as it is used. Records of more than a sixteenth of a region are cached
 * by no thread, so whoever uses such makes it larger.
 */
static void size_region(struct cell *cell)
{
	uint64_t bytes = 2 * cell->live_records * cell->record_bytes;

	if (bytes < 32 * cell->record_bytes)
		bytes = 32 * cell->record_bytes;
	if (bytes < GIB)
		bytes = GIB;
	if (!cell->region_bytes)
		cell->region_bytes = (bytes + MIB - 1) / MIB * MIB + 64 * MIB;
}

/* Whether the peer can do what the cell is shaped for. */
static bool fits_peer(struct cell *cell)
{
	const struct peer_info *peer = cell->peer;

	if (peer->record_max && cell->record_bytes > peer->record_max)
		return false;
	if (!peer->depth_max || cell->depth <= peer->depth_max)
		return true;
	cell->depth = peer->depth_max;
	return !(cell->family->flags & FAMILY_DEPTHS);
}

static void add(struct cells *cells, const struct bench_options *options,
		struct cell *cell)
{
	name_column(cell);
	name_cell(cell);
	if (options_match(options, cell->name))
		cells->cells[cells->count++] = *cell;
}

static struct cell shape(const struct family *family, uint64_t parameter)
{
	struct cell cell = {
		.family = family,
		.run = family->run,
		.parameter = parameter,
	};

	if (family->shape)
		family->shape(&cell);
	return cell;
}

static void add_variant(struct cells *cells,
			const struct bench_options *options,
			const struct family *family,
			const struct variant *variant, uint64_t parameter)
{
	struct cell cell = shape(family, parameter);

	cell.run = variant->run;
	cell.row = variant->name[0] ? variant->name : NULL;
	if (variant->flags & VARIANT_REGION)
		size_region(&cell);
	else
		cell.region_bytes = 0;
	cell.direct = variant->flags == VARIANT_REGION;
	add(cells, options, &cell);
}

static bool takes(const struct family *family, const struct peer_info *peer)
{
	if (peer->absent[0])
		return false;
	return (family->flags & FAMILY_LINKS && peer->link) ||
	       (family->flags & FAMILY_BLOCKING && peer->link && peer->sleeps) ||
	       (family->flags & FAMILY_HEAPS && peer->heap) ||
	       (family->flags & FAMILY_REMOTE && peer->heap && peer->link);
}

static bool has_variant(const struct family *family, const char *name)
{
	const struct variant *variant = family->variants;

	for (; variant && variant->name; variant++)
		if (!strcmp(variant->name, name))
			return true;
	return false;
}

static void add_peer(struct cells *cells, const struct bench_options *options,
		     const struct family *family, const struct peer_info *peer,
		     uint64_t parameter)
{
	struct cell cell = shape(family, parameter);

	cell.peer = peer;
	cell.row = peer->name;
	if (peer->table == &peer_ipcbuf) {
		cell.direct = true;
		size_region(&cell);
		if (has_variant(family, peer->name))
			cell.row = "ipcbuf-by-table";
	}
	if (fits_peer(&cell))
		add(cells, options, &cell);
}

static void add_parameter(struct cells *cells,
			  const struct bench_options *options,
			  const struct peers *peers,
			  const struct family *family, uint64_t parameter)
{
	const struct variant *variant = family->variants;
	unsigned int i;

	for (; variant && variant->name; variant++)
		add_variant(cells, options, family, variant, parameter);
	for (i = 0; i < peers->count; i++)
		if (takes(family, &peers->peers[i]))
			add_peer(cells, options, family, &peers->peers[i],
				 parameter);
}

static void add_family(struct cells *cells, const struct bench_options *options,
		       const struct peers *peers, const struct family *family)
{
	static const uint64_t none[] = { 1, 0 };
	const uint64_t *parameter = family->parameters;

	for (parameter = parameter ? parameter : none; *parameter; parameter++)
		add_parameter(cells, options, peers, family, *parameter);
}

/* More than there can be. */
static size_t room(void)
{
	const struct variant *variant;
	size_t count = 1, rows;
	const uint64_t *p;
	unsigned int i;

	for (i = 0; i < family_count; i++) {
		rows = PEERS_MAX;
		for (variant = families[i].variants;
		     variant && variant->name; variant++)
			rows++;
		count += rows;
		for (p = families[i].parameters; p && *p; p++)
			count += rows;
	}
	return count;
}

int cells_make(const struct bench_options *options, const struct peers *peers,
	       struct cells *ret_cells)
{
	unsigned int i;

	ret_cells->count = 0;
	ret_cells->cells = calloc(room(), sizeof(struct cell));
	if (!ret_cells->cells)
		return -ENOMEM;
	for (i = 0; i < family_count; i++)
		add_family(ret_cells, options, peers, &families[i]);
	return 0;
}

void cells_free(struct cells *cells)
{
	free(cells->cells);
}
