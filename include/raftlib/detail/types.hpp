/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Types and values of the C++ API: see ../buffer. */
#ifndef IPCBUF_RAFTLIB_TYPES_HPP
#define IPCBUF_RAFTLIB_TYPES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <ostream>

#include <ipcbuf/base.h>

/**
 * shm_key_t - the name of a buffer.
 *
 * Made of a string, with or without the '/' that names of POSIX shared memory
 * begin with, or by ipc::buffer::gen_key(). One that is too long stays as long as
 * no name may be, so that ipc::buffer::initialize() can tell.
 */
struct shm_key_t {
	char name[IPCBUF_NAME_MAX + 2] = {};

	shm_key_t() = default;

	shm_key_t(const char *text)
	{
		if (!text)
			return;
		while (*text == '/')
			text++;
		std::strncpy(name, text, sizeof(name) - 1);
	}

	friend bool operator==(const shm_key_t &a, const shm_key_t &b)
	{
		return !std::strcmp(a.name, b.name);
	}

	friend bool operator!=(const shm_key_t &a, const shm_key_t &b)
	{
		return !(a == b);
	}

	friend std::ostream &operator<<(std::ostream &out, const shm_key_t &key)
	{
		return out << key.name;
	}
};

using ptr_offset_t = std::int64_t;

namespace ipc
{

using ::ptr_offset_t;
using channel_id_t = std::int64_t;
using thread_id_t = std::int32_t;

enum tx_code : std::int32_t {
	tx_success = 0,
	tx_error = -1,
	tx_retry = -2,
	tx_empty = -3,
	tx_dummy = -4,
	no_such_channel = std::numeric_limits<std::int32_t>::min()
};

enum direction_t { dir_not_set, producer, consumer };

/* Channels are spsc_record, segments shared; there are no others yet. */
enum channel_type : int {
	spsc_record,
	mpmc_record,
	shared,
	atomic,
	spsc_data,
	mpmc_data,
	number_channel_types
};

inline constexpr const char *channel_type_names[number_channel_types] = {
	"spsc_record", "mpmc_record", "shared",
	"atomic", "spsc_data", "mpmc_data"
};

inline constexpr ptr_offset_t invalid_ptr_offset =
	std::numeric_limits<ptr_offset_t>::min();
inline constexpr ptr_offset_t ptr_not_found = invalid_ptr_offset + 1;
inline constexpr ptr_offset_t valid_offset = 0;

inline constexpr channel_id_t null_channel = invalid_ptr_offset + 2;
inline constexpr channel_id_t channel_not_found = invalid_ptr_offset + 3;
inline constexpr channel_id_t channel_exists = invalid_ptr_offset + 4;
inline constexpr channel_id_t channel_added = invalid_ptr_offset + 5;
inline constexpr channel_id_t channel_err = invalid_ptr_offset + 6;
inline constexpr channel_id_t channel_alloc_err = invalid_ptr_offset + 7;

using channel_map_t = std::shared_ptr<std::map<channel_id_t, channel_type>>;

/* What a record takes at least, and how large a buffer may grow. */
inline constexpr std::size_t block_size_power_two = 12;
inline constexpr std::size_t buffer_size_pow_two = 30;

/* Programs may name these, and do nothing with them. */
struct channel_info;
struct translate_helper;
template <class A, class B, class C> class spsc_lock_free_queue;

} /* namespace ipc */

#endif
