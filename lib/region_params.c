/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Checking struct ipcbuf_region_options. Pure, but for two getenv(). */
#include "region_params.h"

#include <unistd.h>

#include "hint.h"
#include "limits.h"

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

/* The wait decides with where a backend has to be found for it. */
static int choose_backends(const struct ipcbuf_region_options *options,
			   struct ipcb_region_params *params)
{
	uint32_t wait = options->wait;
	int error = ipcb_wait_ask_environment(&wait);

	if (!error)
		error = ipcb_memory_select(options->backend, wait,
					   params->geometry.size_bytes,
					   &params->memory);
	if (error)
		return error;
	params->wait = wait ? ipcb_wait_by_id(wait) :
			      ipcb_wait_default(params->memory->waits);
	if (!params->wait)
		return -EINVAL;
	return params->memory->waits >> params->wait->id & 1 &&
	       params->geometry.size_bytes <= params->memory->max_bytes ?
	       0 : -EOPNOTSUPP;
}

static void hint_cut(uint64_t room, uint64_t bytes, uint64_t wanted)
{
	if (room == ipcb_memory_address_room())
		ipcb_hint("the region has %llu bytes and not %llu, as a process "
			  "of %u bits can't map much more",
			  (unsigned long long)bytes, (unsigned long long)wanted,
			  (unsigned int)sizeof(size_t) * 8);
	else
		ipcb_limits_hint_cut(bytes, wanted);
}

/* A default that is more than the system allows becomes what it allows. */
static int cut_default(struct ipcb_region_params *params)
{
	uint64_t wanted = params->geometry.size_bytes;
	uint64_t room = ipcb_min(params->memory->room(),
				 ipcb_memory_address_room());
	uint64_t frame;
	int error;

	if (wanted <= room)
		return 0;
	error = ipcb_geometry_compute(room, &params->geometry);
	if (!error && params->geometry.size_bytes > room) {
		frame = UINT64_C(1) << params->geometry.frame_shift;
		error = ipcb_geometry_compute(ipcb_align_down(room, frame),
					      &params->geometry);
	}
	hint_cut(room, params->geometry.size_bytes, wanted);
	return error ? -ENOSPC : 0;
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
		error = choose_backends(&copy, &params);
	if (!error && !copy.size_bytes)
		error = cut_default(&params);
	if (!error)
		error = ipcb_memory_addressable(params.geometry.size_bytes);
	if (error)
		return error;
	params.flags = copy.flags;
	params.owner.mode = copy.mode ? copy.mode : DEFAULT_MODE;
	params.owner.uid = copy.uid == (uid_t)-1 ? geteuid() : copy.uid;
	params.owner.gid = copy.gid == (gid_t)-1 ? getegid() : copy.gid;
	*ret = params;
	return 0;
}
