/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Records. See ../buffer. */
#ifndef IPCBUF_RAFTLIB_DETAIL_RECORD_HPP
#define IPCBUF_RAFTLIB_DETAIL_RECORD_HPP

#include <cerrno>

namespace ipc
{

inline void *buffer::allocate_record(thread_local_data *tls, std::size_t bytes,
				     channel_id_t)
{
	void *record;
	int error = ipcbuf_alloc(tls->region, bytes ? bytes : 1, &record);

	return error ? nullptr : record;
}

inline void buffer::free_record(thread_local_data *, void *record)
{
	int error = record ? ipcbuf_free(record) : 0;

	if (error)
		detail::fail("free_record()", error);
}

inline tx_code buffer::send_record(thread_local_data *tls, channel_id_t id,
				   void **record)
{
	auto *attachment = tls->attachments.find(id);

	if (!attachment || !attachment->out)
		return no_such_channel;
	switch (ipcbuf_channel_try_send(attachment->out, *record)) {
	case 0:
		return tx_success;
	case -EAGAIN:
		return tx_retry;
	default:
		return tx_error;
	}
}

/* Where the producer has gone, another may come: that is empty, no more. */
inline tx_code buffer::receive_record(thread_local_data *tls, channel_id_t id,
				      void **record)
{
	auto *attachment = tls->attachments.find(id);

	if (attachment && attachment->in) {
		switch (ipcbuf_channel_try_recv(attachment->in, record)) {
		case 0:
			return tx_success;
		case -EBADF:
			break;
		default:
			*record = nullptr;
			return tx_retry;
		}
	}
	*record = nullptr;
	return no_such_channel;
}

inline std::size_t buffer::channel_has_data(thread_local_data *tls,
					    channel_id_t id)
{
	auto *attachment = tls->attachments.find(id);
	std::size_t records = 0;

	if (attachment && (attachment->in || attachment->out))
		ipcbuf_channel_pending(attachment->in ? attachment->in :
							attachment->out,
				       &records);
	return records;
}

inline std::size_t buffer::get_record_size(thread_local_data *, void *record)
{
	std::size_t bytes;

	return ipcbuf_usable_size(record, &bytes) ? 0 : bytes;
}

} /* namespace ipc */

#endif
