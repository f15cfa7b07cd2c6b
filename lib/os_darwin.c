/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * macOS, see os.h. Memory there is the machine's once it is touched, and a full
 * machine swaps or kills; shared memory can't be punched. So committing and
 * giving back do nothing, and what a region holds isn't known.
 */
#include "os.h"

#include <fcntl.h>
#include <mach-o/dyld.h>
#include <mach/vm_inherit.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "namefile.h"
#include "util.h"

/* Sticky, and not cleaned at each start. */
const char ipcb_os_name_dir[] = "/var/tmp";
/* APFS does, unless it was made otherwise. */
const int ipcb_os_folds_case = 1;

int ipcb_os_random(void *bytes, size_t count)
{
	return ipcb_errno(getentropy(bytes, count));
}

int ipcb_os_is_multiprocessor(void)
{
	int cpus = 0;
	size_t bytes = sizeof(cpus);

	return sysctlbyname("hw.activecpu", &cpus, &bytes, NULL, 0) || cpus != 1;
}

void ipcb_os_hide_from_children(void *memory, size_t bytes)
{
	minherit(memory, bytes, VM_INHERIT_NONE);
}

/* PSHMNAMLEN counts the NUL. */
const size_t ipcb_os_shm_name_most = 30;

/*
 * Nothing but its size can be changed, and that once: it belongs to who makes
 * it, with the mode that it is made with.
 */
static int shape(int fd, uint64_t bytes, const struct ipcb_name_owner *owner)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if ((st.st_mode & 0777) != owner->mode || st.st_uid != owner->uid ||
	    st.st_gid != owner->gid)
		return -EPERM;
	return ipcb_errno(ftruncate(fd, (off_t)bytes));
}

int ipcb_os_shm_create(const char *object, uint64_t bytes,
		       const struct ipcb_name_owner *owner)
{
	int fd = shm_open(object, O_RDWR | O_CREAT | O_EXCL,
			  (mode_t)owner->mode);
	int error;

	if (fd < 0)
		return -errno;
	error = shape(fd, bytes, owner);
	if (!error)
		return fd;
	close(fd);
	shm_unlink(object);
	return error;
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
 * thread may take the place. That is -EINVAL or -ENOMEM, as is a segment that is
 * gone; which of them it was the segment tells.
 */
int ipcb_os_shm_attach(int shm_id, void *reserved, uint64_t bytes, int flags)
{
	struct shmid_ds ds;
	int error;

	munmap(reserved, bytes);
	if (shmat(shm_id, reserved, flags) != (void *)-1)
		return 0;
	error = -errno;
	if ((error == -EINVAL || error == -ENOMEM) &&
	    !shmctl(shm_id, IPC_STAT, &ds))
		return -EAGAIN;
	return error;
}

static const char *const limit_names[] = {
	[IPCB_LIMIT_SHM_BYTES] = "kern.sysv.shmmax",
	[IPCB_LIMIT_SHM_PAGES] = "kern.sysv.shmall",
	[IPCB_LIMIT_SHM_COUNT] = "kern.sysv.shmmni",
	[IPCB_LIMIT_SHM_ATTACHED] = "kern.sysv.shmseg",
	[IPCB_LIMIT_SEM_SETS] = "kern.sysv.semmni",
	[IPCB_LIMIT_SEM_COUNT] = "kern.sysv.semmns",
};

/* Those of memory are of 64 bits, those of semaphores of 32. */
int ipcb_os_limit(enum ipcb_os_limit which, struct ipcb_os_limit_now *ret)
{
	union { uint64_t wide; uint32_t narrow; } value = { 0 };
	size_t bytes = sizeof(value);

	if (sysctlbyname(limit_names[which], &value, &bytes, NULL, 0))
		return -ENOSYS;
	ret->name = limit_names[which];
	ret->value = bytes == sizeof(value.narrow) ? value.narrow : value.wide;
	return 0;
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
