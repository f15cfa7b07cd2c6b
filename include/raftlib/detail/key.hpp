/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Ids of channels as keys of the library: those below zero, which it doesn't
 * have as numbers, are names, "minus.5".
 */
#ifndef IPCBUF_RAFTLIB_KEY_HPP
#define IPCBUF_RAFTLIB_KEY_HPP

#include <cstdlib>
#include <string>

#include <ipcbuf/base.h>

#include "types.hpp"

namespace ipc
{
namespace detail
{

inline constexpr char below_zero[] = "minus.";
inline constexpr std::size_t below_zero_length = sizeof(below_zero) - 1;

class key {
public:
	explicit key(channel_id_t its_id) : id(its_id)
	{
		if (id < 0)
			name = below_zero +
			       std::to_string(~static_cast<std::uint64_t>(id) + 1);
	}

	/* Valid as long as this is there. */
	operator ipcbuf_key() const
	{
		return id < 0 ? ipcbuf_key_name(name.c_str()) :
				ipcbuf_key_id(id);
	}

private:
	channel_id_t id;
	std::string name = {};
};

/* Is it a key of this API's, and which? */
inline bool id_of(const ipcbuf_key &key, channel_id_t &id)
{
	if (!key.name) {
		id = key.id;
		return true;
	}
	if (std::strncmp(key.name, below_zero, below_zero_length))
		return false;
	id = static_cast<channel_id_t>(
		~std::strtoull(key.name + below_zero_length, nullptr, 10) + 1);
	return true;
}

} /* namespace detail */
} /* namespace ipc */

#endif
