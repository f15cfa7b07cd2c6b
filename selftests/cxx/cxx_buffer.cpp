// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The C++ API: keys, buffers and threads' handles. */
#include "parts/test.hpp"

#include <sstream>
#include <string>
#include <thread>
#include <type_traits>

/* What programs rely on when they are compiled. */
static_assert(std::is_default_constructible<shm_key_t>::value, "");
static_assert(std::is_copy_constructible<shm_key_t>::value, "");
static_assert(std::is_copy_assignable<shm_key_t>::value, "");
static_assert(std::is_convertible<const char *, shm_key_t>::value, "");
static_assert(std::is_same<ipc::channel_id_t, std::int64_t>::value, "");
static_assert(std::is_same<ptr_offset_t, std::int64_t>::value, "");
static_assert(std::is_same<ipc::ptr_offset_t, std::int64_t>::value, "");
static_assert(std::is_same<ipc::thread_id_t, std::int32_t>::value, "");
static_assert(std::is_same<std::underlying_type<ipc::tx_code>::type,
			   std::int32_t>::value, "");
static_assert(ipc::tx_success == 0 && ipc::tx_error == -1 &&
	      ipc::tx_retry == -2 && ipc::tx_empty == -3 &&
	      ipc::tx_dummy == -4 && ipc::no_such_channel == INT32_MIN, "");
static_assert(ipc::dir_not_set == 0 && ipc::producer == 1 &&
	      ipc::consumer == 2, "");
static_assert(std::is_same<std::underlying_type<ipc::channel_type>::type,
			   int>::value, "");
static_assert(ipc::spsc_record == 0 && ipc::mpmc_record == 1 &&
	      ipc::shared == 2 && ipc::atomic == 3 && ipc::spsc_data == 4 &&
	      ipc::mpmc_data == 5 && ipc::number_channel_types == 6, "");
static_assert(ipc::invalid_ptr_offset == INT64_MIN &&
	      ipc::ptr_not_found == INT64_MIN + 1 && ipc::valid_offset == 0, "");
static_assert(ipc::null_channel == INT64_MIN + 2 &&
	      ipc::channel_not_found == INT64_MIN + 3 &&
	      ipc::channel_exists == INT64_MIN + 4 &&
	      ipc::channel_added == INT64_MIN + 5 &&
	      ipc::channel_err == INT64_MIN + 6 &&
	      ipc::channel_alloc_err == INT64_MIN + 7, "");
static_assert(ipc::block_size_power_two == 12 &&
	      ipc::buffer_size_pow_two == 30, "");
static_assert(std::is_same<ipc::channel_map_t, std::shared_ptr<std::map<
	      ipc::channel_id_t, ipc::channel_type>>>::value, "");

using named_only = ipc::spsc_lock_free_queue<ipc::channel_info, void,
					     ipc::translate_helper>;
static_assert(std::is_pointer<named_only *>::value, "");

/* Fails if a type has no name, or another's. */
TEST(names_of_types)
{
	const std::string name = ipc::channel_type_names[ipc::mpmc_data];

	MUST(name == "mpmc_data");
	MUST(ipc::channel_type_names[ipc::shared] == std::string("shared"));
}

/* Fails if a key isn't the text that it was made of, or can't be shown. */
TEST(keys_of_text)
{
	shm_key_t key = "thehandle", same("/thehandle"), none;
	std::ostringstream out;

	out << key;
	MUST(out.str() == "thehandle");
	MUST(key == same);
	MUST(key != none);
	none = key;
	MUST(key == none);
}

static int put_key(void *arg)
{
	auto *keys = static_cast<shm_key_t *>(arg);
	shm_key_t key;

	buffer::gen_key(key, 42);
	return key == keys[0] && key != keys[1] ? 0 : 1;
}

/* Fails if a child's key is another one, or two ids have the same. */
TEST(keys_of_the_program)
{
	shm_key_t keys[2], again;

	buffer::gen_key(keys[0], 42);
	buffer::gen_key(keys[1], 43);
	buffer::gen_key(again, 42);
	MUST(keys[0] == again);
	MUST(keys[0] != keys[1]);
	ends_well(peer_start(put_key, keys));
}

/* Fails if something that can't be a key gives a buffer, or no reason. */
TEST(keys_that_cannot_be)
{
	shm_key_t none;

	MUST_THROW(buffer::initialize(none));
	MUST_THROW(buffer::initialize("two words"));
	MUST_THROW(buffer::initialize(std::string(64, 'x').c_str()));
	MUST_THROW(buffer::get_tls_structure(nullptr, 1));
	buffer::destruct(nullptr, none);
	buffer::close_tls_structure(nullptr);
}

static void meet(int come, int look, int go)
{
	member self;
	channel_id_t id = getpid();

	MUST(buffer::add_spsc_lf_record_channel(self.tls, id, ipc::producer) ==
	     id);
	gate_post(come, 1);
	gate_wait(look);
	MUST_EQ(8, buffer::get_channel_list(self.tls)->size());
	gate_post(come, 1);
	gate_wait(go);
	self.leave(false);
}

/* Fails if of those who come at once some are in another buffer. */
TEST(many_come_at_once)
{
	int come = gate_new(), look = gate_new(), go = gate_new(), i;
	std::vector<pid_t> peers;

	buffer::register_signal_handlers();
	for (i = 0; i < 8; i++)
		peers.push_back(start([=] { meet(come, look, go); }));
	for (i = 0; i < 8; i++)
		gate_wait(come);
	gate_post(look, 8);
	for (i = 0; i < 8; i++)
		gate_wait(come);
	gate_post(go, 8);
	for (pid_t peer : peers)
		ends_well(peer);
	member().end();
}

/* Fails if who still has it loses it with its name, or the next one gets it. */
TEST(name_goes_buffer_stays)
{
	make_small(8 * MIB);
	member first, second;
	void *record = buffer::allocate_record(second.tls, 100, 0);

	MUST(record);
	first.leave(true);
	fill_write(record, 100, 1);
	make_small(1 * MIB);
	{
		member other;

		MUST(buffer::add_spsc_lf_record_channel(other.tls, 1,
							ipc::producer) == 1);
		MUST(!buffer::has_active_channels(second.tls));
		other.end();
	}
	MUST(fill_matches(record, 100, 1));
	buffer::free_record(second.tls, record);
	second.leave(true);
}

/* Fails if the name goes although it is to stay. */
TEST(name_stays)
{
	member first, second;

	MUST(buffer::add_spsc_lf_record_channel(second.tls, 1,
						ipc::producer) == 1);
	first.leave(false);
	member third;
	MUST(buffer::has_channel(third.tls, 1, false));
	second.leave(false);
	third.end();
}

/* Fails if memory that is to stay goes. */
TEST(memory_stays)
{
	member self;
	void *record = buffer::allocate_record(self.tls, 5000, 0);

	MUST(record);
	fill_write(record, 5000, 2);
	buffer::close_tls_structure(self.tls);
	buffer::destruct(self.joined, test_key(), true, false);
	MUST(fill_matches(record, 5000, 2));
}

/* Fails if a handle that is closed too late is touched, or leaves anything. */
TEST(handle_closed_last)
{
	member self;
	auto *late = buffer::get_tls_structure(self.joined, 2);

	MUST(buffer::add_spsc_lf_record_channel(late, 1, ipc::producer) == 1);
	MUST(buffer::add_shared_segment(late, 2, 10) == 2);
	self.end();
	buffer::close_tls_structure(late);
}

static void come_and_go(buffer *joined, ipc::thread_id_t label)
{
	auto *tls = buffer::get_tls_structure(joined, label);
	void *record = buffer::allocate_record(tls, 1000, 1);

	MUST(record);
	MUST(buffer::add_spsc_lf_record_channel(tls, label, ipc::producer) ==
	     label);
	MUST(buffer::send_record(tls, label, &record) == ipc::tx_success);
	buffer::close_tls_structure(tls);
}

/* Fails if handles of several threads get in each other's way. */
TEST(many_threads)
{
	std::vector<std::thread> threads;
	member self;
	int i;

	for (i = 1; i <= 8; i++)
		threads.emplace_back(come_and_go, self.joined, i);
	for (auto &thread : threads)
		thread.join();
	MUST(!buffer::has_active_channels(self.tls));
	self.end();
}

/* Fails if a child's use of what its parent has spoils that, or crashes. */
TEST(parents_handles)
{
	member self;

	MUST(buffer::add_spsc_lf_record_channel(self.tls, 1, ipc::producer) ==
	     1);
	ends_well(start([&] {
		void *record = nullptr;

		MUST(!buffer::allocate_record(self.tls, 10, 1));
		MUST(buffer::send_record(self.tls, 1, &record) != 0);
		buffer::close_tls_structure(self.tls);
		buffer::destruct(self.joined, test_key(), false);
	}));
	MUST(buffer::has_channel(self.tls, 1, false));
	self.end();
}

TESTS_MAIN
