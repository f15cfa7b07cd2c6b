/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a thread's handle has: ends of channels, and segments, by their ids.
 *
 * Ids are looked up with every record. So before the table stand a few places,
 * one of which an id can be in; programs with no more channels than that find
 * all of them there.
 */
#ifndef IPCBUF_RAFTLIB_THREAD_HPP
#define IPCBUF_RAFTLIB_THREAD_HPP

#include <array>
#include <unordered_map>

#include <ipcbuf/ipcbuf.h>

#include "types.hpp"

namespace ipc
{

class buffer;

namespace detail
{

/* All that one thread has of one id. Null: nothing. */
struct attachment {
	ipcbuf_channel *out = nullptr;
	ipcbuf_channel *in = nullptr;
	ipcbuf_segment *segment = nullptr;

	bool is_empty() const
	{
		return !out && !in && !segment;
	}

	/* A region that has been closed has left them already. */
	void leave()
	{
		if (out)
			ipcbuf_channel_close(out);
		if (in)
			ipcbuf_channel_close(in);
		if (segment)
			ipcbuf_segment_close(segment);
		*this = attachment();
	}
};

class attachments {
public:
	/* nullptr: there is none. Valid until it is erased. */
	attachment *find(channel_id_t id)
	{
		const place &p = place_of(id);

		return p.found && p.id == id ? p.found : find_in_table(id);
	}

	attachment &at(channel_id_t id)
	{
		attachment *found = find(id);

		return found ? *found : table[id];
	}

	/* It may have been the last thing that this id had. */
	void erase_if_empty(channel_id_t id)
	{
		auto found = table.find(id);

		if (found == table.end() || !found->second.is_empty())
			return;
		place_of(id) = place();
		table.erase(found);
	}

	bool leave(channel_id_t id)
	{
		attachment *found = find(id);

		if (!found)
			return false;
		found->leave();
		erase_if_empty(id);
		return true;
	}

	void leave_all()
	{
		for (auto &entry : table)
			entry.second.leave();
		places.fill(place());
		table.clear();
	}

private:
	struct place {
		channel_id_t id = 0;
		attachment *found = nullptr;
	};

	static constexpr std::size_t place_count = 64;

	place &place_of(channel_id_t id)
	{
		return places[static_cast<std::uint64_t>(id) % place_count];
	}

	attachment *find_in_table(channel_id_t id)
	{
		auto found = table.find(id);

		if (found == table.end())
			return nullptr;
		place_of(id) = { id, &found->second };
		return &found->second;
	}

	std::array<place, place_count> places = {};
	/* Its elements stay where they are until they are erased. */
	std::unordered_map<channel_id_t, attachment> table = {};
};

} /* namespace detail */

/**
 * struct thread_local_data - a thread's handle of a buffer.
 *
 * Programs have pointers to it and don't look into it. One thread at a time may
 * use it.
 */
struct thread_local_data {
	ipc::buffer *buffer;		/* nullptr: it has been left */
	ipcbuf_region *region;
	thread_id_t thread_id;
	detail::attachments attachments;
};

} /* namespace ipc */

#endif
