// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The C++ API: records. */
#include "parts/test.hpp"

#include <csignal>
#include <thread>

/* Fails if a record has less room than was asked for, or isn't one's own. */
TEST(sizes)
{
	member self;
	const std::size_t part = buffer_part(1024);
	const std::size_t sizes[] = {
		0, 1, 7, 8, 9, 64, 100, 4095, 4096, 4097, 16 * part, part - 1,
		part, part + 1, 20 * part,
	};
	std::vector<void *> records;
	std::size_t i, count = sizeof(sizes) / sizeof(*sizes);

	for (i = 0; i < count; i++) {
		void *record = buffer::allocate_record(self.tls, sizes[i], 1);

		MUST(record);
		MUST(buffer::get_record_size(self.tls, record) >= sizes[i]);
		fill_write(record, sizes[i], i);
		records.push_back(record);
	}
	for (i = 0; i < count; i++) {
		MUST(fill_matches(records[i], sizes[i], i));
		buffer::free_record(self.tls, records[i]);
	}
	self.end();
}

/* Fails if a buffer without memory says anything but nullptr, or for good. */
TEST(no_memory_now)
{
	std::vector<void *> records;
	void *record;

	make_small(8 * MIB);
	member self;
	const std::size_t part = buffer_part(8);
	MUST(!buffer::allocate_record(self.tls, SIZE_MAX / 4, 1));
	while ((record = buffer::allocate_record(self.tls, part, 1)))
		records.push_back(record);
	MUST(records.size() >= 3);
	for (void *held : records)
		buffer::free_record(self.tls, held);
	record = buffer::allocate_record(self.tls, 3 * part, 1);
	MUST(record);
	buffer::free_record(self.tls, record);
	self.end();
}

/* Fails if only the thread that allocated a record can free it. */
TEST(freed_by_another_thread)
{
	member self;
	void *record = buffer::allocate_record(self.tls, 100, 1);
	auto *other = buffer::get_tls_structure(self.joined, 2);

	MUST(record);
	std::thread([&] { buffer::free_record(other, record); }).join();
	buffer::close_tls_structure(other);
	self.end();
}

/* Fails if freeing twice, or what is no record, isn't noticed. */
TEST(freed_twice)
{
	member self;
	void *record = buffer::allocate_record(self.tls, 100, 1);
	int local = 0;

	MUST(record);
	buffer::free_record(self.tls, record);
	buffer::free_record(self.tls, nullptr);
	MUST_THROW(buffer::free_record(self.tls, record));
	MUST_THROW(buffer::free_record(self.tls, &local));
	MUST_EQ(0, buffer::get_record_size(self.tls, &local));
	MUST_EQ(0, buffer::get_record_size(self.tls, nullptr));
	self.end();
}

/* Fails if records of who ends without a word stay. */
TEST(held_by_the_dead)
{
	member self;
	int ready = gate_new();
	pid_t peer = start([&] {
		member other;

		MUST(buffer::allocate_record(other.tls, 1000, 1));
		MUST(buffer::allocate_record(other.tls, buffer_part(100), 1));
		gate_post(ready, 1);
		for (;;)
			pause();
	});

	gate_wait(ready);
	MUST_EQ(-SIGKILL, peer_kill(peer));
	self.end();
}

TESTS_MAIN
