// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One pass. The process that runs this is the producer, the child that it forks
 * is the consumer. Beside the transport a pipe leads from the consumer to the
 * producer, for two reports: that it has joined, and what it has received. Its
 * end of file tells that the consumer is gone.
 */
#define _GNU_SOURCE
#include "pass.h"

#include "consumer.h"
#include "interrupt.h"
#include "producer.h"
#include "units.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ipcbuf/base.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a consumer may take to leave once its producer has left. */
#define GRACE_MS 2000

/* The producer's view of its consumer. */
struct peer {
	pid_t pid;
	int reports;
};

struct report {
	int error;		/* 0 or a negative errno value */
	struct totals totals;
};

static void consumer_report(int fd, const struct report *report)
{
	/* A report is smaller than PIPE_BUF: it goes as a whole or not. */
	if (write(fd, report, sizeof(*report)) != (ssize_t)sizeof(*report))
		_exit(1);
}

static _Noreturn void consumer_main(struct transport *transport, pid_t producer,
				    int reports)
{
	struct report report = { 0 };

	interrupt_install_consumer();
	if (interrupt_signal())
		_exit(1);
	report.error = transport->ops->join_consumer(transport);
	consumer_report(reports, &report);
	if (!report.error) {
		consumer_run(transport, producer, &report.totals);
		consumer_report(reports, &report);
		transport->ops->close(transport);
	}
	_exit(report.error ? 1 : 0);
}

/* Nothing may wait in stdio's buffers: the child would have it too. */
static int peer_start(struct transport *transport, struct peer *peer)
{
	pid_t producer = getpid();
	int fds[2];
	int ret;

	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	peer->pid = fork();
	if (peer->pid < 0) {
		ret = -errno;
		close(fds[0]);
		close(fds[1]);
		return ret;
	}
	if (!peer->pid) {
		close(fds[0]);
		consumer_main(transport, producer, fds[1]);
	}
	close(fds[1]);
	peer->reports = fds[0];
	return 0;
}

static int peer_report(const struct peer *peer, struct report *ret_report)
{
	size_t have = 0;
	ssize_t got;

	while (have < sizeof(*ret_report)) {
		got = read(peer->reports, (char *)ret_report + have,
			   sizeof(*ret_report) - have);
		if (got == 0)
			return -EOWNERDEAD;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (interrupt_signal())
			return -EINTR;
		if (got > 0)
			have += (size_t)got;
	}
	return ret_report->error;
}

/* By then the producer's ends are closed; a stopped process needs more. */
static int peer_end(const struct peer *peer)
{
	struct pollfd end = { .fd = peer->reports, .events = POLLIN };
	uint64_t until = now_ns() + GRACE_MS * UINT64_C(1000000);
	char rest[sizeof(struct report)];
	ssize_t got = 1;
	int status;

	while (got && now_ns() < until)
		if (poll(&end, 1, GRACE_MS) > 0)
			got = read(peer->reports, rest, sizeof(rest));
	if (got)
		kill(peer->pid, SIGKILL);
	while (waitpid(peer->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	close(peer->reports);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EOWNERDEAD;
}

static const char *error_text(int error)
{
	if (error == -EOWNERDEAD || error == -EPIPE)
		return "the consumer is gone";
	if (error == -ENOMEM)
		return "the region is too small for a record, or the machine is out of memory";
	return ipcbuf_strerror(error);
}

/* From the first byte sent to the report that the last has been digested. */
static int exchange(const struct demo_options *options,
		    struct transport *transport, const struct peer *peer,
		    struct progress *progress, struct pass *pass)
{
	struct report report;
	uint64_t begin;
	int ret = peer_report(peer, &report);

	if (ret)
		return ret;
	begin = now_ns();
	ret = producer_run(options, transport, progress, pass);
	if (!ret)
		ret = peer_report(peer, &report);
	if (ret)
		return ret;
	pass->seconds = (double)(now_ns() - begin) / 1e9;
	pass->received = report.totals;
	return transport->ops->inspect(transport, &pass->facts);
}

static int run(const struct demo_options *options, struct transport *transport,
	       struct progress *progress, struct pass *pass)
{
	struct peer peer = { .reports = -1 };
	int ret = peer_start(transport, &peer);
	int end;

	if (ret) {
		transport->ops->close(transport);
		return ret;
	}
	ret = transport->ops->join_producer(transport);
	if (!ret)
		ret = exchange(options, transport, &peer, progress, pass);
	transport->ops->close(transport);
	end = peer_end(&peer);
	return ret ? ret : end;
}

int pass_run(const struct demo_options *options,
	     const struct transport_ops *ops, struct progress *progress,
	     uint64_t total_bytes, struct pass *ret_pass)
{
	struct transport *transport;
	struct pass pass = { .transport = ops->name };
	int ret = ops->create(options, &transport);

	if (ret) {
		warnx("%s: can't be set up: %s%s", ops->name,
		      ipcbuf_strerror(ret), ret == -EOPNOTSUPP ?
		      " (not every --region has every --wait)" : "");
		return ret;
	}
	progress_begin(progress, ops->name, total_bytes);
	ret = run(options, transport, progress, &pass);
	progress_end(progress, ret ? NULL : &pass.received);
	if (ret && interrupt_signal())
		return -EINTR;
	if (ret) {
		warnx("%s: %s", ops->name, error_text(ret));
		return ret;
	}
	*ret_pass = pass;
	return 0;
}
