/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The names of backends and of ways to wait, for every tool. */
#ifndef TOOL_BACKENDS_H
#define TOOL_BACKENDS_H

#include <ipcbuf/ipcbuf.h>
#include <stdbool.h>

/* NULL for what isn't enum ipcbuf_backend. */
const char *tool_backend_name(uint32_t backend);

/* false, and nothing stored, where there is none of that name. */
bool tool_parse_backend(const char *text, uint32_t *ret_backend);
bool tool_parse_wait(const char *text, uint32_t *ret_wait);

/*
 * $IPCBUF_REGION or $IPCBUF_WAIT, where they decide because the program didn't
 * (@chosen is 0); else NULL.
 */
const char *tool_environment_region(uint32_t chosen);
const char *tool_environment_wait(uint32_t chosen);

/*
 * For options: as above, but ends the program with @exit_status and a message
 * that names @option where @text isn't a name.
 */
uint32_t tool_option_backend(const char *option, const char *text,
			     int exit_status);
uint32_t tool_option_wait(const char *option, const char *text,
			  int exit_status);
/* The same for the environment, where it decides. */
void tool_check_environment(uint32_t backend, uint32_t wait, int exit_status);

#endif
