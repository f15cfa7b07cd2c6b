/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The program that runs, as a file. */
#ifndef IPCB_PROGRAM_H
#define IPCB_PROGRAM_H

#include <sys/stat.h>

/* program_linux.c. Return: 0 or a negative errno. */
int ipcb_program_stat(struct stat *ret_stat);

#endif
