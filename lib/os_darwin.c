/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * macOS, see os.h. Memory there is the machine's once it is touched, and a full
 * machine swaps or kills; shared memory can't be punched. So committing and
 * giving back do nothing, and what a region holds isn't known.
 */
#include "os.h"

#include <mach-o/dyld.h>
#include <mach/vm_inherit.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/sysctl.h>

#include "util.h"

/* Sticky, and not cleaned at each start. */
const char ipcb_os_name_dir[] = "/private/var/tmp";

int ipcb_os_random(void *bytes, size_t count)
{
	return ipcb_errno(getentropy(bytes, count));
}

unsigned int ipcb_os_cpus(void)
{
	int cpus = 0;
	size_t bytes = sizeof(cpus);

	if (sysctlbyname("hw.activecpu", &cpus, &bytes, NULL, 0) || cpus < 1)
		return 2;
	return (unsigned int)cpus;
}

void ipcb_os_hide_from_children(void *memory, size_t bytes)
{
	minherit(memory, bytes, VM_INHERIT_NONE);
}

int ipcb_os_file_commit(int fd, uint64_t offset, uint64_t bytes)
{
	(void)fd;
	(void)offset;
	(void)bytes;
	return 0;
}

void ipcb_os_file_punch(int fd, uint64_t offset, uint64_t bytes)
{
	(void)fd;
	(void)offset;
	(void)bytes;
}

int ipcb_os_memory_commit(void *memory, uint64_t bytes)
{
	(void)memory;
	(void)bytes;
	return 0;
}

void ipcb_os_memory_punch(void *memory, uint64_t bytes)
{
	(void)memory;
	(void)bytes;
}

uint64_t ipcb_os_sysv_usage(int shm_id)
{
	(void)shm_id;
	return 0;
}

const int ipcb_os_shm_noreserve = 0;

/*
 * shmat() doesn't go over what is mapped, so there is a moment in which another
 * thread may take the place; then -EINVAL, and the caller has lost it.
 */
int ipcb_os_shm_attach(int shm_id, void *reserved, uint64_t bytes, int flags)
{
	munmap(reserved, bytes);
	return shmat(shm_id, reserved, flags) == (void *)-1 ? -errno : 0;
}

/* Of known numbers the texts are constants. */
const char *ipcb_os_strerror(int error)
{
	return error > 0 && error <= ELAST ? strerror(error) : NULL;
}

int ipcb_os_program(struct stat *ret_stat)
{
	char path[4096];
	uint32_t bytes = sizeof(path);

	if (_NSGetExecutablePath(path, &bytes))
		return -ENAMETOOLONG;
	return ipcb_errno(stat(path, ret_stat));
}
