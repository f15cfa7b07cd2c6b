// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The C++ API: shared segments. */
#include "parts/test.hpp"

#include <atomic>
#include <stdexcept>

#define SEGMENT_BYTES 10000u

static void *address_of(thread_local_data *tls, channel_id_t id)
{
	void *address;

	MUST(buffer::open_shared_segment(tls, id, &address) ==
	     ipc::tx_success);
	MUST(address);
	return address;
}

static void initialise(void *address)
{
	auto *count = static_cast<std::atomic<int> *>(address);

	MUST_EQ(0, count->load());
	fill_write(static_cast<char *>(address) + 64, SEGMENT_BYTES - 64, 4);
	++*count;
}

/* Fails if several initialise, or somebody sees what isn't initialised. */
TEST(initialised_once)
{
	int come = gate_new(), open = gate_new(), go = gate_new(), i;
	std::vector<pid_t> peers;
	member self;

	for (i = 0; i < 6; i++)
		peers.push_back(start([=] {
			member other;

			gate_post(come, 1);
			gate_wait(open);
			MUST(buffer::add_shared_segment(
				other.tls, 3, SEGMENT_BYTES, initialise) == 3);
			auto *memory = static_cast<char *>(
				address_of(other.tls, 3));
			MUST_EQ(1, *reinterpret_cast<int *>(memory));
			MUST(fill_matches(memory + 64, SEGMENT_BYTES - 64, 4));
			gate_post(come, 1);
			gate_wait(go);
			other.leave(false);
		}));
	for (i = 0; i < 6; i++)
		gate_wait(come);
	gate_post(open, 6);
	for (i = 0; i < 6; i++)
		gate_wait(come);
	MUST(buffer::add_shared_segment(self.tls, 3) == 3);
	MUST_EQ(1, *static_cast<int *>(address_of(self.tls, 3)));
	gate_post(go, 6);
	for (pid_t peer : peers)
		ends_well(peer);
	self.end();
}

/* Fails if one that isn't there, or too small, is had. */
TEST(sizes)
{
	member self;
	void *address = POISON;
	auto *other = buffer::get_tls_structure(self.joined, 2);

	MUST(buffer::add_shared_segment(self.tls, 3) ==
	     ipc::channel_not_found);
	MUST(buffer::open_shared_segment(self.tls, 3, &address) ==
	     ipc::no_such_channel);
	MUST(!address);
	MUST(buffer::add_shared_segment(self.tls, 3, 100) == 3);
	MUST(buffer::add_shared_segment(other, 3, 1 << 20) ==
	     ipc::channel_err);
	MUST(buffer::add_shared_segment(other, 3, 50) == 3);
	MUST(address_of(self.tls, 3) == address_of(other, 3));
	MUST(buffer::add_spsc_lf_record_channel(other, 3, ipc::producer) ==
	     ipc::channel_err);
	buffer::close_tls_structure(other);
	self.end();
}

/* Fails if an exception is swallowed, or leaves half a segment. */
TEST(initialiser_throws)
{
	member self;
	bool thrown = false;

	try {
		buffer::add_shared_segment(self.tls, 3, 100, [](void *) {
			throw std::out_of_range("no");
		});
	} catch (const std::out_of_range &) {
		thrown = true;
	}
	MUST(thrown);
	MUST(!buffer::has_channel(self.tls, 3, false));
	MUST(buffer::add_shared_segment(self.tls, -3, SEGMENT_BYTES,
					initialise) >= 0);
	MUST(buffer::has_channel(self.tls, -3, false));
	MUST_EQ(1, *static_cast<int *>(address_of(self.tls, -3)));
	MUST(buffer::remove_channel(self.tls, -3));
	MUST(!buffer::has_channel(self.tls, -3, false));
	self.end();
}

TESTS_MAIN
