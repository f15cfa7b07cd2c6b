/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Checking struct ipcbuf_region_options. Pure, but for two getenv(). */
#include "region_params.h"

#include <unistd.h>

#define DEFAULT_MODE 0600u

/* Fields that a caller's older structure doesn't have keep their defaults. */
static int copy_options(const struct ipcbuf_region_options *options,
			struct ipcbuf_region_options *ret)
{
	struct ipcbuf_region_options copy = IPCBUF_REGION_OPTIONS_INIT;

	if (options) {
		if (options->struct_bytes != sizeof(copy))
			return -EINVAL;
		copy = *options;
	}
	if (copy.flags & ~IPCBUF_REGION_RDONLY)
		return -EINVAL;
	*ret = copy;
	return 0;
}

int ipcb_region_flags(const struct ipcbuf_region_options *options,
		      uint32_t *ret_flags)
{
	struct ipcbuf_region_options copy;
	int error = copy_options(options, &copy);

	if (!error)
		*ret_flags = copy.flags;
	return error;
}

/* A set of semaphores without a name would outlive a killed creator. */
static int check_pair(const struct ipcb_region_params *params)
{
	return params->memory->anonymous && params->wait == &ipcb_wait_sysv_sem ?
	       -EOPNOTSUPP : 0;
}

int ipcb_region_params(const struct ipcbuf_region_options *options,
		       struct ipcb_region_params *ret)
{
	struct ipcb_region_params params = { 0 };
	struct ipcbuf_region_options copy;
	uint64_t size;
	int error;

	error = copy_options(options, &copy);
	if (error)
		return error;
	if (copy.mode & ~0777u)
		return -EINVAL;
	size = copy.size_bytes ? copy.size_bytes : IPCBUF_REGION_DEFAULT_BYTES;
	error = ipcb_geometry_compute(size, &params.geometry);
	if (!error)
		error = ipcb_memory_select(copy.backend, &params.memory);
	if (!error)
		error = ipcb_wait_select(copy.wait, &params.wait);
	if (!error)
		error = check_pair(&params);
	if (error)
		return error;
	params.flags = copy.flags;
	params.owner.mode = copy.mode ? copy.mode : DEFAULT_MODE;
	params.owner.uid = copy.uid == (uid_t)-1 ? geteuid() : copy.uid;
	params.owner.gid = copy.gid == (gid_t)-1 ? getegid() : copy.gid;
	*ret = params;
	return 0;
}
