/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * raftlib-threads: two processes of two threads each, and two channels. Each
 * thread of the one sends text to a thread of the other, which counts it.
 *
 *   make samples; build/samples/raftlib-threads
 *   c++ -std=c++17 -o raftlib-threads raftlib-threads.cpp \
 *           $(pkg-config --cflags --libs ipcbuf-raftlib)
 */
#include <buffer>

#include <cstdio>
#include <cstring>
#include <exception>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

static const int records = 100000;
static const char text[] = "there and never back again";

/* Gives the processor away while it can't go on. */
static void send(ipc::thread_local_data *tls, ipc::channel_id_t id)
{
	void *record;

	while (!(record = ipc::buffer::allocate_record(tls, sizeof(text), id)))
		std::this_thread::yield();
	std::memcpy(record, text, sizeof(text));
	while (ipc::buffer::send_record(tls, id, &record) != ipc::tx_success)
		std::this_thread::yield();
}

static void receive(ipc::thread_local_data *tls, ipc::channel_id_t id,
		    long &bytes)
{
	void *record;

	while (ipc::buffer::receive_record(tls, id, &record) !=
	       ipc::tx_success)
		std::this_thread::yield();
	bytes += (long)std::strlen((char *)record);
	ipc::buffer::free_record(tls, record);
}

/* A thread: its label is the number of its channel, too. */
static void produce(ipc::buffer *buffer, ipc::thread_id_t label)
{
	auto *tls = ipc::buffer::get_tls_structure(buffer, label);

	ipc::buffer::add_spsc_lf_record_channel(tls, label, ipc::producer);
	for (int i = 0; i < records; i++)
		send(tls, label);
	/* Until the consumer has come, and all has gone. */
	while (ipc::buffer::channel_has_data(tls, label))
		std::this_thread::yield();
	ipc::buffer::close_tls_structure(tls);
}

static void consume(ipc::buffer *buffer, ipc::thread_id_t label)
{
	auto *tls = ipc::buffer::get_tls_structure(buffer, label);
	long bytes = 0;

	ipc::buffer::add_spsc_lf_record_channel(tls, label, ipc::consumer);
	for (int i = 0; i < records; i++)
		receive(tls, label, bytes);
	std::printf("channel %d: %d records, %ld bytes\n", (int)label, records,
		    bytes);
	ipc::buffer::close_tls_structure(tls);
}

static void run(const shm_key_t &key,
		void (*work)(ipc::buffer *, ipc::thread_id_t))
{
	auto *buffer = ipc::buffer::initialize(key);
	std::thread first(work, buffer, 1), second(work, buffer, 2);

	first.join();
	second.join();
	ipc::buffer::destruct(buffer, key, false);
}

int main()
{
	int status = 0;
	shm_key_t key;

	try {
		ipc::buffer::gen_key(key, 42);
		if (!fork()) {
			run(key, consume);
			return 0;
		}
		run(key, produce);
		wait(&status);
		/* The name is the last to go. */
		ipc::buffer::destruct(ipc::buffer::initialize(key), key, true);
	} catch (const std::exception &error) {
		std::fprintf(stderr, "raftlib-threads: %s\n", error.what());
		return 1;
	}
	return status != 0;
}
