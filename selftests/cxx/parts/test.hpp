/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Tests of the C++ API, which the kernel's harness can't be compiled for. Each
 * test runs over each kind of region and of waiting whose regions have names,
 * in a process of its own, which is killed when it takes too long; it fails
 * when that ends with anything but 0, as a check that fails makes it. The
 * output is KTAP.
 *
 * Included by the one file of a program, with TESTS_MAIN at its end.
 */
#ifndef SELFTESTS_CXX_TEST_HPP
#define SELFTESTS_CXX_TEST_HPP

#include <buffer>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <unistd.h>
#include <vector>

/* A struct and a function have one name there. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "../../common/check.h"
#include "../../common/fill.h"
#include "../../common/peer.h"
#include "../../common/region.h"
#include "../../common/system.h"
}
#pragma GCC diagnostic pop

/* What every test is about. */
using ipc::buffer;
using ipc::channel_id_t;
using ipc::thread_local_data;

struct test {
	const char *name;
	void (*run)();
};

inline std::vector<test> &all_tests()
{
	static std::vector<test> tests;

	return tests;
}

struct test_registration {
	test_registration(const char *name, void (*run)())
	{
		all_tests().push_back({ name, run });
	}
};

#define TEST(name) \
	static void name(); \
	static const test_registration name##_registration(#name, name); \
	static void name()

#define MUST_THROW(statement) \
	do { \
		bool thrown = false; \
		try { \
			statement; \
		} catch (const std::runtime_error &error) { \
			thrown = *error.what(); \
		} \
		MUST(thrown); \
	} while (0)

/* A child that runs @run, whatever that has captured. */
inline pid_t start(std::function<void()> run)
{
	auto call = [](void *arg) {
		(*static_cast<std::function<void()> *>(arg))();
		return 0;
	};

	return peer_start(call, &run);
}

inline void ends_well(pid_t pid)
{
	MUST_EQ(0, peer_wait(pid));
}

/* The key of all buffers of a test: it is alone. */
inline shm_key_t test_key()
{
	shm_key_t key;

	buffer::gen_key(key, 1);
	return key;
}

/* A buffer and one thread's handle of it. */
struct member {
	buffer *joined;
	thread_local_data *tls;

	explicit member(ipc::thread_id_t label = 1)
		: joined(buffer::initialize(test_key())),
		  tls(buffer::get_tls_structure(joined, label))
	{
		MUST(joined);
		MUST(tls);
	}

	member(const member &) = delete;
	member &operator=(const member &) = delete;

	void leave(bool unlink)
	{
		buffer::close_tls_structure(tls);
		buffer::destruct(joined, test_key(), unlink);
	}

	/* By the last who has it: nothing may be left in it. */
	void end()
	{
		ipcbuf_region *region;

		buffer::close_tls_structure(tls);
		MUST_EQ(0, ipcbuf_region_open(test_key().name, nullptr,
					      &region));
		buffer::destruct(joined, test_key());
		MUST_EQ(0, ipcbuf_region_recover(region, nullptr));
		MUST_EQ(0, region_verify(region));
		MUST_EQ(0, region_info(region).held_records);
		MUST_EQ(0, region_info(region).channels);
		MUST_EQ(0, region_info(region).segments);
		MUST_EQ(0, ipcbuf_region_close(region));
		MUST_EQ(-ENOENT, ipcbuf_region_open(test_key().name, nullptr,
						    &region));
	}
};

struct test_variant {
	std::uint32_t backend;
	std::uint32_t wait_kind;
	const char *region;
	const char *wait;
};

/* In the process that runs a test. */
inline const test_variant *running;

/* Makes the buffer of test_key() a small one, before anybody comes. */
inline void make_small(std::uint64_t bytes)
{
	ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	ipcbuf_region *region;

	options.size_bytes = system_region_bytes(running->backend, bytes);
	MUST_EQ(0, ipcbuf_region_create(test_key().name, &options, &region));
	MUST_EQ(0, ipcbuf_region_close(region));
}

/* One of so many equal parts of the buffer of test_key(). */
inline std::size_t buffer_part(std::uint64_t parts)
{
	ipcbuf_region *region;
	std::uint64_t part;

	MUST_EQ(0, ipcbuf_region_open(test_key().name, nullptr, &region));
	part = region_part(region, parts);
	MUST_EQ(0, ipcbuf_region_close(region));
	return static_cast<std::size_t>(part);
}

inline const std::vector<test_variant> &all_variants()
{
	static const std::vector<test_variant> variants = {
		{ IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_FUTEX,
		  "posix", "futex" },
		{ IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_POSIX_SEM,
		  "posix", "posix-sem" },
		{ IPCBUF_BACKEND_POSIX, IPCBUF_WAIT_SYSV_SEM,
		  "posix", "sysv-sem" },
		{ IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_FUTEX,
		  "sysv", "futex" },
		{ IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_POSIX_SEM,
		  "sysv", "posix-sem" },
		{ IPCBUF_BACKEND_SYSV, IPCBUF_WAIT_SYSV_SEM,
		  "sysv", "sysv-sem" },
		{ IPCBUF_BACKEND_KMOD, IPCBUF_WAIT_FUTEX,
		  "kmod", "futex" },
		{ IPCBUF_BACKEND_KMOD, IPCBUF_WAIT_KMOD,
		  "kmod", "kmod" },
	};

	return variants;
}

/* With what a slow machine takes under a sanitizer. */
constexpr unsigned int test_seconds = 300;

inline int run_one(const test &test, const test_variant &variant)
{
	return peer_wait(start([&] {
		alarm(test_seconds);
		running = &variant;
		setenv("IPCBUF_REGION", variant.region, 1);
		setenv("IPCBUF_WAIT", variant.wait, 1);
		test.run();
	}));
}

inline int run_tests()
{
	unsigned int number = 0;
	int failed = 0;

	std::printf("TAP version 13\n1..%zu\n",
		    all_tests().size() * all_variants().size());
	for (const auto &test : all_tests()) {
		for (const auto &variant : all_variants()) {
			const char *why_not = region_why_not(variant.backend,
							     variant.wait_kind);
			int ret = why_not ? 0 : run_one(test, variant);

			failed += ret != 0;
			std::printf("%sok %u %s (%s, %s)%s%s\n",
				    ret ? "not " : "", ++number, test.name,
				    variant.region, variant.wait,
				    why_not ? " # SKIP " : "",
				    why_not ? why_not : "");
			std::fflush(stdout);
		}
	}
	return failed != 0;
}

#define TESTS_MAIN \
	int main() \
	{ \
		return run_tests(); \
	}

#endif
