/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * System V semaphores: one set a region, made like the memory: the key is in
 * the name's record before the set exists. A set outlives its users; it is
 * removed with the name, or by the last member of an unlinked region.
 */
#include "wait.h"

#include <sys/ipc.h>
#include <sys/sem.h>

#include <ipcbuf/region.h>

#include "keys.h"
#include "limits.h"
#include "os.h"

/* semctl(2) leaves it to the caller to define this; some systems don't. */
union semctl_argument {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

/* The owner and mode of the name's file are the region's. */
static int set_owner(int id, int name_fd)
{
	struct semid_ds ds;
	struct stat st;

	if (semctl(id, 0, IPC_STAT, (union semctl_argument){ .buf = &ds }))
		return -errno;
	if (fstat(name_fd, &st))
		return -errno;
	ds.sem_perm.uid = st.st_uid;
	ds.sem_perm.gid = st.st_gid;
	ds.sem_perm.mode = (unsigned short)(st.st_mode & 0777);
	return ipcb_errno(semctl(id, 0, IPC_SET, (union semctl_argument){ .buf = &ds }));
}

static int make_set(struct ipcb_wait_region *wait, int name_fd,
		    struct ipcb_name_record *record)
{
	int id, error;

	do {
		record->sem_key = ipcb_random_key();
		error = name_fd < 0 ? 0 : ipcb_namefile_write(name_fd, record);
		if (error)
			return error;
		id = semget(record->sem_key, (int)wait->max_sems,
			    IPC_CREAT | IPC_EXCL | 0600);
	} while (id < 0 && errno == EEXIST);
	if (id < 0)
		return ipcb_limits_no_set(errno, wait->max_sems);
	record->sem_id = id;
	wait->sem_id = id;
	return 0;
}

static int sysv_sem_remove(const struct ipcb_name_record *record)
{
	int id;

	if (!record->sem_key)
		return 0;
	id = semget(record->sem_key, 0, 0);
	if (id < 0)
		return errno == ENOENT ? 0 : -errno;
	return ipcb_errno(semctl(id, 0, IPC_RMID));
}

static int sysv_sem_create(struct ipcb_wait_region *wait, int name_fd, int fd,
			   uint64_t offset, struct ipcb_name_record *record)
{
	int error;

	(void)offset;
	error = make_set(wait, name_fd, record);
	if (error)
		return error;
	error = set_owner(wait->sem_id, fd);
	if (error)
		sysv_sem_remove(record);
	return error;
}

static int sysv_sem_open(struct ipcb_wait_region *wait, int fd, uint64_t offset)
{
	struct semid_ds ds = { .sem_nsems = 0 };

	(void)fd;
	(void)offset;
	if (semctl(wait->sem_id, 0, IPC_STAT, (union semctl_argument){ .buf = &ds }))
		return errno == EACCES ? -EACCES : -ENOENT;
	return ds.sem_nsems >= wait->max_sems ? 0 : -EPROTO;
}

static void sysv_sem_close(struct ipcb_wait_region *wait)
{
	(void)wait;
}

static void sysv_sem_reset(struct ipcb_wait_region *wait, uint32_t slot)
{
	semctl(wait->sem_id, (int)slot, SETVAL, (union semctl_argument){ .val = 0 });
}

static int sysv_sem_sleep(struct ipcb_wait_region *wait,
			  struct ipcb_wait_object *object, uint32_t slot,
			  uint64_t deadline_ns, uint32_t deaths)
{
	int error = ipcb_os_sem_down(wait->sem_id, slot, deadline_ns);
	uint64_t now;

	(void)deaths;
	(void)object;
	if (!error || error == -EINTR)
		return 0;
	if (error == -ETIMEDOUT)
		return error;
	/* The set has been removed: look again in a millisecond. */
	now = ipcbuf_now_ns();
	if (deadline_ns > now)
		ipcb_sleep_ns(ipcb_min(IPCB_NS_PER_MS, deadline_ns - now));
	return 0;
}

static void sysv_sem_wake(struct ipcb_wait_region *wait,
			  struct ipcb_wait_object *object, uint32_t slot)
{
	struct sembuf up = { .sem_num = (unsigned short)slot, .sem_op = 1,
			     .sem_flg = IPC_NOWAIT };

	(void)object;
	semop(wait->sem_id, &up, 1);
}

const struct ipcb_wait_ops ipcb_wait_sysv_sem = {
	.name = "sysv-sem",
	.id = IPCBUF_WAIT_SYSV_SEM,
	.uses_pool = 1,
	.patience = 1,
	.available = ipcb_wait_always,
	.create = sysv_sem_create,
	.open = sysv_sem_open,
	.close = sysv_sem_close,
	.remove = sysv_sem_remove,
	.reset = sysv_sem_reset,
	.sleep = sysv_sem_sleep,
	.wake = sysv_sem_wake,
	.deaths = ipcb_wait_no_deaths,
	.doorbell = ipcb_wait_no_doorbell,
	.seen = ipcb_wait_not_seen,
};
