/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf`: finds the subcommand, and sees to it that its output arrived. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static const struct command *const commands[] = {
	&command_ls, &command_stat, &command_create, &command_rm,
	&command_doctor, &command_send, &command_recv,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(FILE *out)
{
	size_t i;

	fputs("Usage: ipcbuf COMMAND [OPTION]... [ARGUMENT]...\n"
	      "Looks at, makes and removes ipcbuf regions, and sends data "
	      "through them.\n\n", out);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("\n  -h, --help     show this, or with a COMMAND what it takes\n"
	      "  -V, --version  show the version\n\n"
	      "Exit status: 0 done, 1 failed (doctor: problems found), "
	      "2 wrong usage.\n", out);
	return out == stdout ? CMD_OK : CMD_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	int status;

	/* getopt_long() names the program by the first argument. */
	argv[1] = argv[0];
	status = command->run(command, argc - 1, argv + 1);
	if (status != CMD_HELP)
		return status;
	fputs(command->help, stdout);
	return CMD_OK;
}

static int run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	size_t i;

	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return print_help(stdout);
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		return printf("ipcbuf %s\n", ipcbuf_version()) < 0;
	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return run_command(commands[i], argc, argv);
	if (*name)
		fprintf(stderr, "ipcbuf: %s: no such command\n", name);
	return print_help(stderr);
}

/*
 * Without these a file that is opened later could become standard input or
 * output. The wrong direction makes using them fail as if they were closed.
 */
static void occupy_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static bool reader_left(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* A reader that has seen enough (head) is told by the status alone. */
static int flush_output(int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return status;
	if (!reader_left())
		cmd_failf("standard output: %s",
			  errno ? strerror(errno) : "write error");
	return status == CMD_OK ? CMD_FAILED : status;
}

int main(int argc, char **argv)
{
	static char name[] = "ipcbuf";

	occupy_standard_files();
	signal(SIGPIPE, SIG_IGN);
	if (argc > 0)
		argv[0] = name;
	return flush_output(run(argc, argv));
}
