/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Version and error texts. */
#include <ipcbuf/base.h>

#include "os.h"
#include "util.h"

#define STRING(x)  #x
#define XSTRING(x) STRING(x)

IPCB_PUBLIC const char *ipcbuf_version(void)
{
	return XSTRING(IPCBUF_VERSION_MAJOR) "." XSTRING(IPCBUF_VERSION_MINOR)
	       "." XSTRING(IPCBUF_VERSION_PATCH);
}

static const struct {
	int error;
	const char *text;
} texts[] = {
	{ 0, "success" },
	{ EAGAIN, "the channel is full or empty right now; try again or wait" },
	{ ETIMEDOUT, "the deadline passed, or a stopped process holds a lock" },
	{ EPIPE, "no peer is left on the other side of the channel" },
	{ EOWNERDEAD, "the peer died; what it held has been taken back" },
	{ EMSGSIZE, "larger than this region or segment can hold" },
	{ ENOMEM, "no memory left: the region is full, or the machine (is "
		  "/dev/shm too small?)" },
	{ ENOSPC, "no room for a region: enlarge /dev/shm or the system's "
		  "limits, or remove stale regions (ipcbuf ls, ipcbuf rm)" },
	{ EUCLEAN, "verification found damage; see ipcbuf doctor" },
	{ EPROTO, "not a region of this layout version; left untouched" },
	{ EOPNOTSUPP, "this backend can't do that, or isn't available here" },
	{ EBADF, "the handle is closed, or belongs to the parent process" },
	{ EINVAL, "an argument is not valid" },
	{ EEXIST, "it exists already" },
	{ ENOENT, "there is no such region, channel or segment" },
	{ EACCES, "no permission; the region's owner and mode don't allow it" },
	{ EBUSY, "this end is taken by another live member" },
	{ EPROTOTYPE, "the key belongs to an object of another kind" },
	{ EROFS, "the region was opened for looking only" },
	{ EDQUOT, "this user has as many regions as the module allows; remove "
		  "some (ipcbuf ls, ipcbuf rm)" },
	{ EUSERS, "all member slots of the region are taken" },
	{ EBADMSG, "the slot held no record of the producer's; it was skipped" },
};

IPCB_PUBLIC const char *ipcbuf_strerror(int error)
{
	int positive = error < 0 ? -error : error;
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].error == positive)
			return texts[i].text;
	text = ipcb_os_strerror(positive);
	return text ? text : "unknown error";
}
