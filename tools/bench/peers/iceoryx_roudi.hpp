/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * RouDi, the daemon that owns iceoryx's memory and tells its processes of each
 * other, as a child of A with just the memory that one link wants. It ends, and
 * takes its files with it, when it is told to and when A dies.
 */
#ifndef BENCH_ICEORYX_ROUDI_HPP
#define BENCH_ICEORYX_ROUDI_HPP

#include "../peer.h"

#include <iceoryx_hoofs/platform/platform_settings.hpp>
#include <iceoryx_posh/iceoryx_posh_config.hpp>
#include <iceoryx_posh/internal/roudi/roudi.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_components.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each publisher keeps its last chunk, and as much again is for the way. */
#define ROUDI_SPARE_CHUNKS 4u
#define ROUDI_TRIES 20
#define ROUDI_PAUSE_US 200000

static inline iox::RouDiConfig_t roudi_config(const struct peer_setup *setup)
{
	auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess();
	uint64_t bytes = (setup->record_bytes + 63) / 64 * 64;
	iox::mepoo::MePooConfig pools;
	iox::RouDiConfig_t config;

	pools.addMemPool({ (uint32_t)bytes, (uint32_t)setup->live_records +
						    ROUDI_SPARE_CHUNKS });
	config.m_sharedMemorySegments.push_back(
		{ group.getName(), group.getName(), pools });
	return config;
}

/* Its threads inherit the mask: the signal is waited for here. */
static inline void roudi_run(const struct peer_setup *setup, int ready)
{
	using iox::roudi::RouDi;
	iox::roudi::IceOryxRouDiComponents components(roudi_config(setup));
	RouDi roudi(components.rouDiMemoryManager, components.portManager,
		    RouDi::RoudiStartupParameters{
			    iox::roudi::MonitoringMode::OFF, false });
	sigset_t signals;
	int signal;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	if (write(ready, "", 1) == 1)
		sigwait(&signals, &signal);
}

static inline void roudi_block_signals()
{
	sigset_t signals;

	sigfillset(&signals);
	sigdelset(&signals, SIGABRT);
	sigprocmask(SIG_SETMASK, &signals, nullptr);
}

/* Not on A's processor alone, which A may be polling on. */
static inline void roudi_roam()
{
	cpu_set_t cpus;

	memset(&cpus, 0xff, sizeof(cpus));
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* The sockets of A and B, should these have died. */
static inline void roudi_clean_up(const struct peer_setup *setup)
{
	using namespace iox::platform;
	std::string name(setup->name);

	for (const char *end : { "-a", "-b" }) {
		unlink((IOX_UDS_SOCKET_PATH_PREFIX + name + end).c_str());
		unlink((IOX_LOCK_FILE_PATH_PREFIX + name + end + ".lock").c_str());
	}
}

/* Of what A has open it keeps nothing: who waits for A's end isn't to wait for it. */
[[noreturn]] static inline void roudi_child(const struct peer_setup *setup,
					    int ready, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	roudi_block_signals();
	roudi_roam();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0 || dup2(ready, 3) < 0)
		_exit(1);
	close_range(4, ~0u, 0);
	roudi_run(setup, 3);
	roudi_clean_up(setup);
	_exit(0);
}

/* -EBUSY: it ended, as another one was running most likely. */
static inline int roudi_try(const struct peer_setup *setup, pid_t *ret_pid)
{
	pid_t parent = getpid();
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		roudi_child(setup, ends[1], parent);
	close(ends[1]);
	ssize_t got = pid > 0 ? read(ends[0], &byte, 1) : -1;
	close(ends[0]);
	if (got == 1) {
		*ret_pid = pid;
		return 0;
	}
	if (pid > 0)
		waitpid(pid, nullptr, 0);
	return -EBUSY;
}

/* One whose A was killed may take a moment to end. */
static inline int roudi_start(const struct peer_setup *setup, pid_t *ret_pid)
{
	int tries = ROUDI_TRIES;
	int ret;

	do {
		ret = roudi_try(setup, ret_pid);
		if (ret == -EBUSY)
			usleep(ROUDI_PAUSE_US);
	} while (ret == -EBUSY && --tries);
	return ret;
}

static inline void roudi_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, nullptr, 0);
}

#endif
