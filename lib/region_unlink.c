/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Unlinking and listing: whoever knows names is asked in turn. */
#include "names.h"

#include "cancel.h"

IPCB_PUBLIC int ipcbuf_region_unlink(const char *name)
{
	const struct ipcb_names_ops *const *names;
	int error = -ENOENT, cancel;

	if (ipcb_name_check(name))
		return -EINVAL;
	cancel = ipcb_cancel_off();
	for (names = ipcb_names; *names && error == -ENOENT; names++)
		error = (*names)->unlink(name);
	ipcb_namefile_collect();
	ipcb_cancel_restore(cancel);
	return error == -EPERM ? -EACCES : error;
}

IPCB_PUBLIC int
ipcbuf_region_list(int (*visit)(const struct ipcbuf_region_entry *entry,
				void *arg), void *arg)
{
	const struct ipcb_names_ops *const *names;
	int result = 0, cancel;

	if (!visit)
		return -EINVAL;
	cancel = ipcb_cancel_off();
	ipcb_namefile_collect();
	for (names = ipcb_names; *names && !result; names++)
		result = (*names)->list(visit, arg);
	ipcb_cancel_restore(cancel);
	return result;
}
