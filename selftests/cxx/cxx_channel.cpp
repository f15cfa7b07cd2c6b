// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The C++ API: channels. */
#include "parts/test.hpp"

#include <csignal>
#include <cstring>

static void *message(thread_local_data *tls, std::uint64_t serial)
{
	void *record = buffer::allocate_record(tls, 64, 1);

	MUST(record);
	message_write(record, 64, serial);
	return record;
}

static std::uint64_t read_message(thread_local_data *tls, void *record)
{
	std::uint64_t serial;

	MUST(message_read(record, buffer::get_record_size(tls, record),
			  &serial));
	buffer::free_record(tls, record);
	return serial;
}

static void send(thread_local_data *tls, channel_id_t id, std::uint64_t serial)
{
	void *record = message(tls, serial), *same = record;

	MUST(buffer::send_record(tls, id, &record) == ipc::tx_success);
	MUST(record == same);
}

static std::uint64_t receive(thread_local_data *tls, channel_id_t id)
{
	void *record;

	MUST(buffer::receive_record(tls, id, &record) == ipc::tx_success);
	return read_message(tls, record);
}

static void is_empty(thread_local_data *tls, channel_id_t id)
{
	void *record = POISON;

	MUST(buffer::receive_record(tls, id, &record) == ipc::tx_retry);
	MUST(!record);
}

static void produce(thread_local_data *tls, channel_id_t id)
{
	MUST(buffer::add_spsc_lf_record_channel(tls, id, ipc::producer) >= 0);
}

static void consume(thread_local_data *tls, channel_id_t id)
{
	MUST(buffer::add_spsc_lf_record_channel(tls, id, ipc::consumer) >= 0);
}

/* Two handles of one buffer: a producer's and a consumer's. */
struct pair {
	member self;
	thread_local_data *out;
	thread_local_data *in;

	pair() : self(), out(self.tls),
		 in(buffer::get_tls_structure(self.joined, 2)) { }

	void end()
	{
		buffer::close_tls_structure(in);
		self.end();
	}
};

/* Fails if an end can be had twice, or a bad one at all. */
TEST(ends)
{
	pair both;

	produce(both.out, 5);
	produce(both.out, 5);
	MUST(buffer::add_spsc_lf_record_channel(both.in, 5, ipc::producer) ==
	     ipc::channel_err);
	MUST(buffer::add_spsc_lf_record_channel(both.in, 5, ipc::dir_not_set) ==
	     ipc::channel_err);
	consume(both.in, 5);
	MUST(buffer::add_spsc_lf_record_channel(both.out, 5, ipc::consumer) ==
	     ipc::channel_err);
	MUST(buffer::add_shared_segment(both.out, 5, 10) == ipc::channel_err);
	ends_well(start([] {
		member other;

		MUST(buffer::add_spsc_lf_record_channel(
			other.tls, 5, ipc::producer) == ipc::channel_err);
		other.leave(false);
	}));
	both.end();
}

/* Fails if one thread's own two ends are mixed up. */
TEST(both_ends_of_one)
{
	member self;

	produce(self.tls, 5);
	consume(self.tls, 5);
	send(self.tls, 5, 1);
	send(self.tls, 5, 2);
	MUST_EQ(2, buffer::channel_has_data(self.tls, 5));
	MUST_EQ(1, receive(self.tls, 5));
	MUST_EQ(2, receive(self.tls, 5));
	MUST(buffer::remove_channel(self.tls, 5));
	MUST(!buffer::remove_channel(self.tls, 5));
	MUST(!buffer::has_active_channels(self.tls));
	self.end();
}

/* Fails if an id that isn't joined, or not so, does anything. */
TEST(no_such_channel)
{
	pair both;
	void *record = message(both.out, 1), *sent = record, *none = POISON;

	MUST(buffer::send_record(both.out, 5, &sent) == ipc::no_such_channel);
	MUST(buffer::receive_record(both.in, 5, &none) ==
	     ipc::no_such_channel);
	MUST(!none);
	produce(both.out, 5);
	consume(both.in, 5);
	MUST(buffer::send_record(both.in, 5, &sent) == ipc::no_such_channel);
	none = POISON;
	MUST(buffer::receive_record(both.out, 5, &none) ==
	     ipc::no_such_channel);
	MUST(!none);
	MUST(sent == record);
	MUST_EQ(0, buffer::channel_has_data(both.in, 6));
	MUST(!buffer::channel_has_producers(both.in, 6));
	buffer::free_record(both.out, record);
	both.end();
}

/* Fails if a record goes astray when there is no room, or out of order. */
TEST(full_and_empty)
{
	std::uint64_t sent = 0, received;
	pair both;
	void *record;

	produce(both.out, 5);
	consume(both.in, 5);
	is_empty(both.in, 5);
	record = message(both.out, 1);
	while (buffer::send_record(both.out, 5, &record) == ipc::tx_success)
		record = message(both.out, ++sent + 1);
	MUST(buffer::send_record(both.out, 5, &record) == ipc::tx_retry);
	MUST(sent >= 64);
	MUST_EQ(sent, buffer::channel_has_data(both.in, 5));
	MUST_EQ(1, receive(both.in, 5));
	MUST(buffer::send_record(both.out, 5, &record) == ipc::tx_success);
	for (received = 2; received <= sent + 1; received++)
		MUST_EQ(received, receive(both.in, 5));
	is_empty(both.in, 5);
	both.end();
}

/* Fails if sending what one hasn't got works. */
TEST(not_a_record)
{
	pair both;
	void *record = message(both.out, 1), *none = nullptr;

	produce(both.out, 5);
	consume(both.in, 5);
	MUST(buffer::send_record(both.out, 5, &none) == ipc::tx_error);
	MUST(buffer::send_record(both.out, 5, &record) == ipc::tx_success);
	MUST(buffer::send_record(both.out, 5, &record) == ipc::tx_error);
	MUST_EQ(1, receive(both.in, 5));
	is_empty(both.in, 5);
	both.end();
}

/* Fails if ids far apart, alike in their last digits or below zero mix. */
TEST(many_channels)
{
	std::vector<channel_id_t> ids = { INT64_MAX, INT64_MIN, -1 };
	pair both;
	channel_id_t id;

	for (id = 0; id < 300; id++)
		ids.push_back(id % 2 ? id * 64 : -id * 1000003);
	for (channel_id_t each : ids) {
		produce(both.out, each);
		consume(both.in, each);
	}
	for (channel_id_t each : ids)
		send(both.out, each, std::uint64_t(each));
	auto list = buffer::get_channel_list(both.in);
	MUST_EQ(ids.size(), list->size());
	for (channel_id_t each : ids) {
		MUST(list->at(each) == ipc::spsc_record);
		MUST_EQ(each, receive(both.in, each));
	}
	both.end();
}

/* Fails if the list is anything but what there is. */
TEST(lists)
{
	pair both;

	MUST(!buffer::has_active_channels(both.in));
	MUST(buffer::get_channel_list(both.in)->empty());
	produce(both.out, 5);
	MUST(buffer::add_shared_segment(both.out, 6, 10) == 6);
	MUST(buffer::has_active_channels(both.in));
	MUST(buffer::has_channel(both.in, 5, true));
	MUST(buffer::has_channel(both.in, 6, true));
	MUST(!buffer::has_channel(both.in, 7, false));
	auto list = buffer::get_channel_list(both.in);
	MUST_EQ(2, list->size());
	MUST(list->at(5) == ipc::spsc_record);
	MUST(list->at(6) == ipc::shared);
	buffer::unlink_channel(both.out, 5);
	MUST(!buffer::has_channel(both.in, 5, false));
	MUST_EQ(2, list->size());
	produce(both.out, 8);
	buffer::unlink_channels(both.out);
	MUST(!buffer::has_active_channels(both.in));
	both.end();
}

/* Fails if what was sent before the producer left is lost. */
TEST(received_after_it_left)
{
	pair both;

	produce(both.out, 5);
	consume(both.in, 5);
	MUST(buffer::channel_has_producers(both.in, 5));
	MUST(buffer::channel_has_producers(both.out, 5));
	send(both.out, 5, 1);
	send(both.out, 5, 2);
	MUST(buffer::remove_channel(both.out, 5));
	MUST(!buffer::channel_has_producers(both.in, 5));
	MUST(!buffer::channel_has_producers(both.out, 5));
	MUST(buffer::has_channel(both.in, 5, false));
	MUST_EQ(1, receive(both.in, 5));
	produce(both.out, 5);
	send(both.out, 5, 3);
	MUST_EQ(2, receive(both.in, 5));
	MUST_EQ(3, receive(both.in, 5));
	is_empty(both.in, 5);
	both.end();
}

/* Fails if a producer that died still counts, or took what it had sent along. */
TEST(received_after_it_died)
{
	int ready = gate_new();
	member self;
	pid_t peer;

	consume(self.tls, 5);
	peer = start([&] {
		member other;

		produce(other.tls, 5);
		send(other.tls, 5, 1);
		MUST(buffer::allocate_record(other.tls, 100, 5));
		gate_post(ready, 1);
		for (;;)
			pause();
	});
	gate_wait(ready);
	MUST(buffer::channel_has_producers(self.tls, 5));
	MUST_EQ(-SIGKILL, peer_kill(peer));
	MUST(!buffer::channel_has_producers(self.tls, 5));
	MUST_EQ(1, receive(self.tls, 5));
	is_empty(self.tls, 5);
	is_empty(self.tls, 5);
	produce(self.tls, 5);
	self.end();
}

/* Fails if who waits for a channel isn't woken when it comes, or spins. */
TEST(awaited)
{
	int ready = gate_new();
	member self;
	pid_t peer = start([&] {
		member other;

		gate_post(ready, 1);
		MUST(buffer::has_channel(other.tls, 5, true));
		consume(other.tls, 5);
		other.leave(false);
	});

	gate_wait(ready);
	thread_await_sleep(peer);
	produce(self.tls, 5);
	ends_well(peer);
	self.end();
}

/* Fails if a channel for which there is no memory is half there. */
TEST(no_memory)
{
	std::vector<void *> records;
	void *record;
	std::size_t bytes;

	make_small(1 * MIB);
	member self;
	for (bytes = 65536; bytes >= 64; bytes /= 2)
		while ((record = buffer::allocate_record(self.tls, bytes, 1)))
			records.push_back(record);
	MUST(buffer::add_spsc_lf_record_channel(self.tls, 5, ipc::producer) ==
	     ipc::channel_alloc_err);
	MUST(buffer::add_shared_segment(self.tls, 6, 10000) ==
	     ipc::channel_alloc_err);
	MUST(!buffer::has_channel(self.tls, 5, false));
	for (void *held : records)
		buffer::free_record(self.tls, held);
	produce(self.tls, 5);
	self.end();
}

TESTS_MAIN
