/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * raftlib-segment: a counter that several processes share. Whoever comes first
 * sets it up, exactly once.
 *
 *   make samples; build/samples/raftlib-segment
 *   c++ -std=c++17 -o raftlib-segment raftlib-segment.cpp \
 *           $(pkg-config --cflags --libs ipcbuf-raftlib)
 */
#include <buffer>

#include <atomic>
#include <cstdio>
#include <exception>
#include <new>
#include <sys/wait.h>
#include <unistd.h>

static const ipc::channel_id_t segment_id = 1;
static const int processes = 4, rounds = 1000;

struct counter {
	std::atomic<int> value;
};

static void set_up(void *address)
{
	new (address) counter{ { 1000 } };
}

static counter *open_counter(ipc::thread_local_data *tls)
{
	void *address = nullptr;

	ipc::buffer::add_shared_segment(tls, segment_id, sizeof(counter),
					set_up);
	ipc::buffer::open_shared_segment(tls, segment_id, &address);
	return (counter *)address;
}

static int count(const shm_key_t &key)
{
	auto *buffer = ipc::buffer::initialize(key);
	auto *tls = ipc::buffer::get_tls_structure(buffer, 1);
	auto *counter = open_counter(tls);

	for (int i = 0; counter && i < rounds; i++)
		counter->value++;
	ipc::buffer::close_tls_structure(tls);
	ipc::buffer::destruct(buffer, key, false);
	return counter ? 0 : 1;
}

static bool start_and_wait(const shm_key_t &key)
{
	bool failed = false;
	int status;

	for (int i = 0; i < processes; i++)
		if (!fork())
			_exit(count(key));
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

/* A segment goes with the last who has it: here that is the parent. */
static int run(const shm_key_t &key)
{
	auto *buffer = ipc::buffer::initialize(key);
	auto *tls = ipc::buffer::get_tls_structure(buffer, 1);
	auto *counter = open_counter(tls);
	bool failed = !counter || start_and_wait(key);

	if (!failed)
		std::printf("%d processes counted from 1000 to %d\n",
			    processes, counter->value.load());
	ipc::buffer::close_tls_structure(tls);
	ipc::buffer::destruct(buffer, key, true);
	return failed;
}

int main()
{
	shm_key_t key;

	try {
		ipc::buffer::gen_key(key, 1);
		return run(key);
	} catch (const std::exception &error) {
		std::fprintf(stderr, "raftlib-segment: %s\n", error.what());
		return 1;
	}
}
