/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the subcommands of `ipcbuf` share: how one is declared, how errors are
 * told, how arguments are read. One file per subcommand; main.c has the table.
 *
 * A subcommand's run() returns the exit status, or CMD_HELP. Errors have been printed where
 * they happened, as "ipcbuf: what: why (what to do)". Nothing here is called
 * by more than one thread.
 */
#ifndef IPCBUF_CMD_H
#define IPCBUF_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include <ipcbuf/ipcbuf.h>

enum {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_SIGNAL = 128,	/* plus the signal's number */
	CMD_HELP = -1,		/* --help was given; main() prints it */
};

struct command {
	const char *name;
	const char *summary;	/* a line of `ipcbuf --help` */
	const char *help;	/* printed by `ipcbuf NAME --help` */
	int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command command_create;
extern const struct command command_doctor;
extern const struct command command_ls;
extern const struct command command_recv;
extern const struct command command_rm;
extern const struct command command_send;
extern const struct command command_stat;

/* Prints "ipcbuf: what: why". Return: CMD_FAILED. */
int cmd_fail(const char *what, int error);
int cmd_failf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says what is wrong with the arguments. Return: CMD_USAGE. */
int cmd_usage(const struct command *self, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For `default:` of a getopt_long() loop; getopt has said what is wrong. */
int cmd_bad_option(const struct command *self);

/* A message of its own for a name that the library's rule doesn't allow. */
int cmd_check_region(const struct command *self, const char *name);

/*
 * Reading arguments. Return: true, with *ret set, or false.
 *
 * Sizes take the suffixes K, M, G and T (powers of 1024), also as KiB and so
 * on. A key of digits alone is a number, everything else a name.
 */
bool cmd_parse_size(const char *text, uint64_t *ret_bytes);
bool cmd_parse_count(const char *text, uint64_t min, uint64_t max,
		     uint64_t *ret_count);
bool cmd_parse_seconds(const char *text, uint64_t *ret_ns);
bool cmd_parse_key(const char *text, struct ipcbuf_key *ret_key);

/* "1.5M" and the like; the same buffer sizes everywhere. */
#define CMD_SIZE_TEXT 24
const char *cmd_format_size(uint64_t bytes, char text[CMD_SIZE_TEXT]);

/*
 * Why a region can't be made. What @options (NULL for the defaults) leave open
 * comes from the environment, and the library can't say that it was that.
 *
 * Return: CMD_FAILED.
 */
int cmd_create_failed(const char *region,
		      const struct ipcbuf_region_options *options, int error);

/* Opens a region for looking only. Return: 0 or -errno; nothing is printed. */
int cmd_open_rdonly(const char *name, struct ipcbuf_region **ret_region);

#endif
