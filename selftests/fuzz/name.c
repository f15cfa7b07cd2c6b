// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Damaged names. See name.h. */
#include "name.h"

#include "use.h"

#include "namefile.h"

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

static bool possible;

void names_prepare(void)
{
	possible = !unshare(CLONE_NEWIPC) ||
		   !unshare(CLONE_NEWUSER | CLONE_NEWIPC);
	if (!possible)
		warn("names are left out");
}

static void open_memory(char path[64], const char *prefix)
{
	snprintf(path, 64, "/%s.fuzz.%d", prefix, (int)getpid());
}

/* Several 8-byte words of the record, or how much there is of a file. */
static void damage(int fd, struct ipcb_name_record *record,
		   const struct patch *patch)
{
	uint64_t words[sizeof(*record) / 8];
	unsigned int which = patch->index % (sizeof(*record) / 8);
	char path[64];

	if (patch->area % 8 == 7) {
		open_memory(path, "ipcbuf");
		fd = shm_open(path, O_RDWR, 0);
		if (fd >= 0 && ftruncate(fd, (off_t)(patch->value & 0xfffffff)))
			warn("ftruncate");
		if (fd >= 0)
			close(fd);
		return;
	}
	if (patch->area % 8 == 6 &&
	    ftruncate(fd, (off_t)(patch->value & 0x3fff)))
		warn("ftruncate");
	memcpy(words, record, sizeof(words));
	switch (patch->how % 3) {
	case 0:
		words[which] = patch->value;
		break;
	case 1:
		words[which] ^= UINT64_C(1) << (patch->value & 63);
		break;
	default:
		words[which] += (uint64_t)(int64_t)(int8_t)patch->value;
	}
	memcpy(record, words, sizeof(words));
	if (pwrite(fd, words, sizeof(words), 0) != sizeof(words))
		warn("a name's record");
}

static void damage_all(const struct patch *patches, size_t count,
		       struct ipcb_name_record *ret_record)
{
	struct ipcb_name_record record;
	char path[64];
	size_t i;
	int fd;

	open_memory(path, "ipcbuf-lock");
	fd = shm_open(path, O_RDWR, 0);
	if (fd < 0 || pread(fd, &record, sizeof(record), 0) != sizeof(record))
		err(1, "a name's record");
	*ret_record = record;
	for (i = 0; i < count; i++)
		damage(fd, &record, &patches[i]);
	close(fd);
}

/* What the library no longer knows to be there. */
static void clean_up(const struct ipcb_name_record *record)
{
	char path[64];

	open_memory(path, "ipcbuf-lock");
	shm_unlink(path);
	open_memory(path, "ipcbuf");
	shm_unlink(path);
	if (record->shm_key)
		shmctl(record->shm_id, IPC_RMID, NULL);
	if (record->sem_key)
		semctl(record->sem_id, 0, IPC_RMID);
}

static int see_region(const struct ipcbuf_region_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	return 0;
}

static void open_and_use(const char *name, unsigned int order)
{
	struct ipcbuf_region *region;

	sane(ipcbuf_region_list(see_region, NULL));
	if (!sane(ipcbuf_region_open(name, NULL, &region))) {
		use_region(region, order);
		sane(ipcbuf_region_close(region));
	}
	sane(ipcbuf_region_unlink(name));
}

void fuzz_name(unsigned int which, const struct patch *patches, size_t count)
{
	static const struct {
		uint32_t backend;
		uint32_t wait;
	} kinds[] = {
		{ IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_FUTEX },
		{ IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_POSIX_SEM },
		{ IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_SYSV_SEM },
		{ IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_FUTEX },
	};
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcb_name_record record;
	struct ipcbuf_region *region;
	char name[32];
	int ret;

	if (!possible)
		return;
	snprintf(name, sizeof(name), "fuzz.%d", (int)getpid());
	options.size_bytes = IPCBUF_REGION_MIN_BYTES;
	options.backend = kinds[which % 4].backend;
	options.wait = kinds[which % 4].wait;
	ret = ipcbuf_region_create(name, &options, &region);
	if (ret)
		errx(1, "a region: %s", ipcbuf_strerror(ret));
	sane(ipcbuf_region_close(region));
	damage_all(patches, count, &record);
	open_and_use(name, which);
	clean_up(&record);
}
