/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * raftlib-hello: the example that RaftLib/ipc's README begins with, made whole:
 * one process sends numbers, another receives them.
 *
 *   make samples; build/samples/raftlib-hello
 *   c++ -std=c++17 -o raftlib-hello raftlib-hello.cpp \
 *           $(pkg-config --cflags --libs ipcbuf-raftlib)
 */
#include "buffer.hpp"

#include <cstdio>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

static const ipc::channel_id_t channel_id = 1;
static const int numbers = 5;

static void send_numbers(ipc::thread_local_data *tls_producer)
{
	for (int i = 1; i <= numbers; i++) {
		int *output = (int *)ipc::buffer::allocate_record(
			tls_producer, sizeof(int), channel_id);

		if (!output)
			throw std::runtime_error("no memory");
		*output = i;
		while (ipc::buffer::send_record(tls_producer, channel_id,
						(void **)&output) !=
		       ipc::tx_success)
			;
	}
}

static int produce(pid_t consumer)
{
	auto *buffer = ipc::buffer::initialize("thehandle");
	auto *tls_producer = ipc::buffer::get_tls_structure(buffer, 1);
	int status;

	if (ipc::buffer::add_spsc_lf_record_channel(tls_producer, channel_id,
						    ipc::producer) < 0)
		throw std::runtime_error("there is another producer");
	send_numbers(tls_producer);
	/* Who leaves a channel last takes it along. */
	waitpid(consumer, &status, 0);
	ipc::buffer::close_tls_structure(tls_producer);
	ipc::buffer::destruct(buffer, "thehandle", true);
	return status != 0;
}

static int consume()
{
	auto *buffer = ipc::buffer::initialize("thehandle");
	auto *tls_consumer = ipc::buffer::get_tls_structure(buffer, 2);

	if (ipc::buffer::add_spsc_lf_record_channel(tls_consumer, channel_id,
						    ipc::consumer) < 0)
		throw std::runtime_error("there is another consumer");
	for (int i = 1; i <= numbers; i++) {
		void *input = nullptr;

		while (ipc::buffer::receive_record(tls_consumer, channel_id,
						   &input) != ipc::tx_success)
			;
		std::printf("received %d\n", *(int *)input);
		ipc::buffer::free_record(tls_consumer, input);
	}
	ipc::buffer::close_tls_structure(tls_consumer);
	ipc::buffer::destruct(buffer, "thehandle", false);
	return 0;
}

int main()
{
	pid_t child = fork();

	try {
		return child ? produce(child) : consume();
	} catch (const std::exception &error) {
		std::fprintf(stderr, "raftlib-hello: %s\n", error.what());
		return 1;
	}
}
