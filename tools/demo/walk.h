/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Walks a directory tree and opens every regular file of it.
 *
 * Symbolic links aren't followed (but for the directory that is named), other
 * file systems aren't entered, and what is not a file, or can't be read, is
 * counted and left out. Nothing here blocks on FIFOs or devices.
 */
#ifndef DEMO_WALK_H
#define DEMO_WALK_H

#include "demo.h"

/* A file that is open for reading; fd is the walk's and is closed by it. */
struct walk_file {
	int fd;
	uint64_t bytes;		/* when it was opened */
	uint64_t path_hash;
};

/**
 * walk_tree() - call @visit for every regular file below @directory.
 * @visit: a value other than 0 ends the walk
 * @skips: counts what is left out
 *
 * Return: 0, what @visit returned, or why @directory itself can't be read.
 */
int walk_tree(const char *directory,
	      int (*visit)(const struct walk_file *file, void *arg), void *arg,
	      struct skips *skips);

#endif
