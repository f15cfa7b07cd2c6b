/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Channels and segments that come and go. See ../buffer. */
#ifndef IPCBUF_RAFTLIB_DETAIL_CHANNEL_HPP
#define IPCBUF_RAFTLIB_DETAIL_CHANNEL_HPP

#include <cerrno>
#include <exception>

#include "key.hpp"

namespace ipc
{
namespace detail
{

/* Programs that try again when a channel is full needn't wait for each other. */
inline constexpr std::uint32_t depth_slots = 1024;

inline channel_id_t result(channel_id_t id, int error)
{
	switch (error) {
	case 0:
		return id < 0 ? 0 : id;
	case -ENOENT:
		return channel_not_found;
	case -ENOMEM:
	case -ENOSPC:
		return channel_alloc_err;
	default:
		return channel_err;
	}
}

struct initialiser {
	const std::function<void(void *)> &init;
	std::exception_ptr thrown;
};

/* No exception may pass through the library. */
inline int run_initialiser(void *address, std::size_t, void *arg)
{
	auto *call = static_cast<initialiser *>(arg);

	try {
		call->init(address);
	} catch (...) {
		call->thrown = std::current_exception();
		return -ECANCELED;
	}
	return 0;
}

inline int add_to_list(const ipcbuf_channel_info *info, void *arg)
{
	auto *list = static_cast<std::map<channel_id_t, channel_type> *>(arg);
	channel_id_t id;

	try {
		if (id_of(info->key, id))
			list->emplace(id, info->kind == IPCBUF_KIND_SEGMENT ?
					  shared : spsc_record);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
	return 0;
}

inline int stop_at_once(const ipcbuf_channel_info *, void *)
{
	return 1;
}

struct producer_search {
	channel_id_t id;
	bool found;
};

inline int find_producer(const ipcbuf_channel_info *info, void *arg)
{
	auto *search = static_cast<producer_search *>(arg);
	channel_id_t id;

	if (!id_of(info->key, id) || id != search->id)
		return 0;
	search->found = info->kind == IPCBUF_KIND_SPSC_RECORD &&
			info->producer_state == IPCBUF_END_ATTACHED;
	return 1;
}

} /* namespace detail */

inline channel_id_t buffer::add_spsc_lf_record_channel(thread_local_data *tls,
						       channel_id_t id,
						       direction_t direction)
{
	ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	bool produces = direction == producer;
	int error;

	if (!produces && direction != consumer)
		return channel_err;
	auto &attachment = tls->attachments.at(id);
	auto &end = produces ? attachment.out : attachment.in;

	if (end)
		return detail::result(id, 0);
	options.depth_slots = detail::depth_slots;
	error = ipcbuf_channel_open(tls->region, detail::key(id),
				    produces ? IPCBUF_PRODUCER : IPCBUF_CONSUMER,
				    &options, &end);
	tls->attachments.erase_if_empty(id);
	return detail::result(id, error);
}

inline channel_id_t buffer::add_shared_segment(thread_local_data *tls,
					       channel_id_t id,
					       std::size_t bytes,
					       std::function<void(void *)> init)
{
	ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	detail::initialiser call = { init, nullptr };
	auto &attachment = tls->attachments.at(id);
	int error;

	if (attachment.segment)
		return detail::result(id, 0);
	if (init) {
		options.init = detail::run_initialiser;
		options.arg = &call;
	}
	error = ipcbuf_segment_open(tls->region, detail::key(id), bytes,
				    &options, &attachment.segment);
	tls->attachments.erase_if_empty(id);
	if (call.thrown)
		std::rethrow_exception(call.thrown);
	return detail::result(id, error);
}

inline tx_code buffer::open_shared_segment(thread_local_data *tls,
					   channel_id_t id, void **address)
{
	auto *attachment = tls->attachments.find(id);

	*address = nullptr;
	if (!attachment || !attachment->segment ||
	    ipcbuf_segment_address(attachment->segment, address, nullptr))
		return no_such_channel;
	return tx_success;
}

/* One that has only the producer's end knows that it is there itself. */
inline bool buffer::channel_has_producers(thread_local_data *tls,
					  channel_id_t id)
{
	auto *attachment = tls->attachments.find(id);
	detail::producer_search search = { id, false };

	if (attachment && (attachment->in || attachment->out))
		return ipcbuf_channel_has_producer(attachment->in ?
			attachment->in : attachment->out) == 1;
	ipcbuf_region_list_channels(tls->region, detail::find_producer,
				    &search);
	return search.found;
}

inline bool buffer::has_active_channels(thread_local_data *tls)
{
	return ipcbuf_region_list_channels(tls->region, detail::stop_at_once,
					   nullptr) == 1;
}

inline bool buffer::has_channel(thread_local_data *tls, channel_id_t id,
				bool blocking)
{
	int error;

	if (!blocking)
		return ipcbuf_channel_exists(tls->region,
					     detail::key(id)) == 1;
	error = ipcbuf_channel_wait(tls->region, detail::key(id),
				    IPCBUF_FOREVER);
	if (error)
		detail::fail("has_channel()", error);
	return true;
}

inline channel_map_t buffer::get_channel_list(thread_local_data *tls)
{
	auto list = std::make_shared<std::map<channel_id_t, channel_type>>();
	int error = ipcbuf_region_list_channels(tls->region,
						detail::add_to_list,
						list.get());

	if (error)
		detail::fail("get_channel_list()", error);
	return list;
}

inline bool buffer::remove_channel(thread_local_data *tls, channel_id_t id)
{
	return tls->attachments.leave(id);
}

inline void buffer::unlink_channel(thread_local_data *tls, channel_id_t id)
{
	tls->attachments.leave(id);
}

inline void buffer::unlink_channels(thread_local_data *tls)
{
	tls->attachments.leave_all();
}

} /* namespace ipc */

#endif
