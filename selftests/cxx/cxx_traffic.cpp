// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The C++ API as programs use it: two processes of two threads, a channel each
 * way for each thread, records of all sizes. Fails if one is lost, spoilt or
 * out of order, or anything is left.
 */
#include "parts/test.hpp"

#include <thread>

constexpr std::uint64_t records = 20000;

/* Mostly small, now and then more than a slab's. */
static std::size_t bytes_of(std::uint64_t serial)
{
	return 16 + (serial % 1000 ? serial * 37 % 500 : 300000);
}

static void produce(thread_local_data *tls, channel_id_t id)
{
	std::uint64_t serial;

	MUST(buffer::add_spsc_lf_record_channel(tls, id, ipc::producer) == id);
	for (serial = 0; serial < records; serial++) {
		void *record;

		while (!(record = buffer::allocate_record(
				 tls, bytes_of(serial), id)))
			std::this_thread::yield();
		message_write(record, bytes_of(serial), serial);
		while (buffer::send_record(tls, id, &record) !=
		       ipc::tx_success)
			std::this_thread::yield();
	}
}

static void consume(thread_local_data *tls, channel_id_t id)
{
	std::uint64_t expected, serial;
	void *record;

	MUST(buffer::has_channel(tls, id, true));
	MUST(buffer::add_spsc_lf_record_channel(tls, id, ipc::consumer) == id);
	for (expected = 0; expected < records; expected++) {
		while (buffer::receive_record(tls, id, &record) !=
		       ipc::tx_success)
			std::this_thread::yield();
		MUST(message_read(record, buffer::get_record_size(tls, record),
				  &serial));
		MUST_EQ(expected, serial);
		buffer::free_record(tls, record);
	}
}

/* Nobody goes before all have come: who leaves last takes the channel along. */
static void live(const shm_key_t &key, int come, int go,
		 void (*work)(thread_local_data *tls, channel_id_t id))
{
	auto *joined = buffer::initialize(key);
	auto run = [&](ipc::thread_id_t label) {
		auto *tls = buffer::get_tls_structure(joined, label);

		work(tls, label);
		gate_post(come, 1);
		gate_wait(go);
		buffer::close_tls_structure(tls);
	};
	std::thread second(run, 2);

	run(1);
	second.join();
	buffer::destruct(joined, key, false);
}

TEST(two_processes_two_channels)
{
	int come = gate_new(), go = gate_new(), i;
	shm_key_t key = test_key();
	pid_t consumer = start([&] { live(key, come, go, consume); });
	pid_t producer = start([&] { live(key, come, go, produce); });

	for (i = 0; i < 4; i++)
		gate_wait(come);
	gate_post(go, 4);
	ends_well(consumer);
	ends_well(producer);
	member().end();
}

TESTS_MAIN
