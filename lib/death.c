/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The memory of the dead, and asking for it; the rules are in death.h. */
#include "death.h"

#include "directory.h"
#include "member.h"

static uint64_t largest_number(const struct ipcbuf_region *region)
{
	uint64_t largest = 0, number;
	uint32_t i;

	for (i = 0; i < region->g.max_members; i++) {
		number = ipcb_load_relaxed(&region->members[i].death);
		if (number > largest)
			largest = number;
	}
	return largest;
}

void ipcb_death_note(struct ipcbuf_region *region, uint32_t slot,
		     uint32_t generation)
{
	struct ipcb_member_slot *s = &region->members[slot];
	uint64_t number = largest_number(region);

	if (!ipcb_load_relaxed(&s->death) ||
	    ipcb_load_relaxed(&s->dead_generation) != generation) {
		number++;
		ipcb_store_relaxed(&s->death, 0);		/* N1 */
		ipcb_fence_full();				/* N2 */
		ipcb_store_relaxed(&s->dead_generation, generation);
		ipcb_store_relaxed(&s->dead_pid,
				   ipcb_load_relaxed(&s->pid));
		ipcb_store_relaxed(&s->recovered_ns, ipcb_realtime_ns());
		ipcb_store_release(&s->death, number);		/* N4 */
	}
	ipcb_store_release(&region->header->deaths, number);
}

uint64_t ipcb_deaths(const struct ipcbuf_region *region)
{
	/* Acquire: pairs with the release behind N4. */
	return ipcb_load_acquire(&region->header->deaths);
}

/* R1 to R4. 1 where the slot remembers death @number. */
static int copy(const struct ipcbuf_region *region, uint32_t slot,
		uint64_t number, struct ipcbuf_death *ret)
{
	const struct ipcb_member_slot *s = &region->members[slot];

	if (ipcb_load_acquire(&s->death) != number)
		return 0;
	ret->number = number;
	ret->recovered_ns = ipcb_load_relaxed(&s->recovered_ns);
	ret->slot = slot;
	ret->generation = ipcb_load_relaxed(&s->dead_generation);
	ret->pid = ipcb_load_relaxed(&s->dead_pid);
	ret->reserved = 0;
	ipcb_fence_full();
	return ipcb_load_relaxed(&s->death) == number;
}

/* The slot with the smallest number above @after; 0: none. */
static uint64_t next_number(const struct ipcbuf_region *region, uint64_t after,
			    uint32_t *ret_slot)
{
	uint64_t next = 0, number;
	uint32_t i;

	for (i = 0; i < region->g.max_members; i++) {
		number = ipcb_load_relaxed(&region->members[i].death);
		if (number > after && (!next || number < next)) {
			next = number;
			*ret_slot = i;
		}
	}
	return next;
}

int ipcb_death_find(const struct ipcbuf_region *region, uint64_t number,
		    struct ipcbuf_death *ret)
{
	unsigned int tries = region->g.max_members;
	uint32_t slot = 0;
	uint64_t next;

	if (ipcb_deaths(region) <= number)
		return 0;
	/* Another death in the same slot makes it a later one: look again. */
	while (tries-- && (next = next_number(region, number, &slot)))
		if (copy(region, slot, next, ret))
			return 1;
	return 0;
}

/* What ipcbuf_region_next_death() waits for. */
struct query {
	uint64_t number;
	struct ipcbuf_death death;
};

static int has_died(struct ipcbuf_region *region, void *arg)
{
	struct query *query = arg;

	if (!region->rdonly)
		ipcb_recover_dead(region);
	return ipcb_death_find(region, query->number, &query->death);
}

IPCB_PUBLIC int ipcbuf_region_next_death(struct ipcbuf_region *region,
					 uint64_t number, uint64_t deadline_ns,
					 struct ipcbuf_death *ret_death)
{
	struct query query = { .number = number };
	int error;

	if (!ret_death)
		return -EINVAL;
	error = ipcb_directory_wait(region, has_died, &query, deadline_ns);
	if (!error)
		*ret_death = query.death;
	return error == -ETIMEDOUT && deadline_ns == IPCBUF_NOWAIT ? -EAGAIN :
								     error;
}
