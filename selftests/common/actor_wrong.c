// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What is wrong with an actor's calls; see actor_wrong.h. */
#include "actor_wrong.h"

#include <string.h>
#include <sys/ioctl.h>

uint64_t actor_odd_value(struct actor *actor)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 63, 64, 128, 129, 4095, 4096, 4097, 8192,
		PAGE * MAX_PAGES, PAGE * MAX_PAGES - 4, INT32_MAX,
		UINT64_C(1) << 31, UINT32_MAX, UINT32_MAX - 1,
		UINT64_C(1) << 43, (UINT64_C(1) << 43) - PAGE,
		(UINT64_C(1) << 43) + PAGE, INT64_MAX, UINT64_C(1) << 63,
		UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - PAGE + 1,
		UINT64_C(0xffff888000000000), UINT64_C(0x5a5a5a5a5a5a5a5a),
	};

	if (chance(actor, 20))
		return random_next(&actor->random);
	return values[below(actor, sizeof(values) / sizeof(values[0]))];
}

void actor_spoil_argument(struct actor *actor, void *argument, size_t bytes)
{
	size_t width = chance(actor, 50) ? 4 : 8;
	size_t at = below(actor, bytes / 4) * 4;
	uint64_t value = actor_odd_value(actor);

	if (at + width > bytes)
		width = bytes - at;
	memcpy((char *)argument + at, &value, width);
}

unsigned long actor_spoil_number(struct actor *actor, unsigned long number)
{
	unsigned int bit = (unsigned int)below(actor, 32);

	return number ^ 1ul << bit;
}

void *actor_spoil_address(struct actor *actor, void *argument)
{
	/* Where no id is, see tame_id(). */
	return chance(actor, 50) ? (char *)argument + 64 + below(actor, 8) :
				   (void *)(uintptr_t)actor_odd_value(actor);
}

/* A machine's memory is not to be filled: none, little, or far too much. */
static void tame_commit(void *argument)
{
	struct ipcbuf_ioc_commit *commit = argument;

	if (commit->bytes >> 20 && !(commit->bytes >> 40))
		commit->bytes &= MAX_PAGES * PAGE - 1;
}

/* A stranger's region is not to be touched: of ids, its own and none. */
static void tame_id(const struct actor *actor, void *argument)
{
	uint64_t *id = argument;
	unsigned int i;

	for (i = 0; i < ACTOR_IDS; i++)
		if (*id == actor->ids[i])
			return;
	if (*id)
		*id |= UINT64_C(1) << 40;
}

/* What is created can be found again: a name is the stage's, or is none. */
static void tame_name(const struct actor *actor, void *argument)
{
	struct ipcbuf_ioc_create *create = argument;
	unsigned int i;

	if (!create->name[0])
		return;
	for (i = 0; i < ACTOR_NAMES; i++)
		if (!memcmp(create->name, actor->stage->names[i],
			    sizeof(create->name)))
			return;
	create->name[0] = '.';
}

void actor_tame(const struct actor *actor, unsigned long number, void *argument)
{
	switch (_IOC_NR(number)) {
	case _IOC_NR(IPCBUF_IOC_COMMIT):
		tame_commit(argument);
		break;
	case _IOC_NR(IPCBUF_IOC_CREATE):
		tame_name(actor, argument);
		break;
	case _IOC_NR(IPCBUF_IOC_OPEN):
	case _IOC_NR(IPCBUF_IOC_UNLINK):
		tame_id(actor, argument);
		break;
	}
}
