/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What `ipcbuf doctor` found. A problem makes the exit status 1; a note is
 * something that may well be meant.
 */
#ifndef IPCBUF_DOCTOR_H
#define IPCBUF_DOCTOR_H

#include "regions.h"

enum severity { NOTE, PROBLEM };

struct report {
	struct table table;
	unsigned int problems;
};

/* Formats the finding; @advice is copied, or NULL. */
void report_add(struct report *report, enum severity severity,
		const char *region, const char *advice, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * doctor_region.c: everything about one region that is open. @name is what it
 * was opened by.
 *
 * Return: 0 or -errno, where it couldn't be looked at.
 */
int examine_region(struct report *report, const char *name,
		   struct ipcbuf_region *region);

#endif
