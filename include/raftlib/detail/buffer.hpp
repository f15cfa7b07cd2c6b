/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Buffers, and handles of threads. See ../buffer. */
#ifndef IPCBUF_RAFTLIB_DETAIL_BUFFER_HPP
#define IPCBUF_RAFTLIB_DETAIL_BUFFER_HPP

#include <stdexcept>
#include <string>

namespace ipc
{
namespace detail
{

[[noreturn]] inline void fail(const std::string &what, int error,
			      const std::string &hint = "")
{
	throw std::runtime_error("ipc::buffer::" + what + ": " +
				 ipcbuf_strerror(error) +
				 (hint.empty() ? "" : ": " + hint));
}

} /* namespace detail */

inline void buffer::gen_key(shm_key_t &key, int proj_id)
{
	shm_key_t made;
	int error = ipcbuf_region_program_name(proj_id, made.name);

	if (error)
		detail::fail("gen_key()", error);
	key = made;
}

inline buffer *buffer::initialize(const shm_key_t &key)
{
	ipcbuf_region *region;
	int error = ipcbuf_region_open_or_create(key.name, nullptr, &region);

	if (error == -EINVAL)
		throw std::runtime_error(
			"ipc::buffer::initialize(): \"" +
			std::string(key.name) + "\" can't be a key: it takes "
			"letters, digits, '.', '_' and '-', up to 63 of them, "
			"the first not '.' or '-' (or $IPCBUF_REGION or "
			"$IPCBUF_WAIT has a value that isn't known)");
	if (error)
		detail::fail("initialize(\"" + std::string(key.name) + "\")",
			     error, ipcbuf_hint());
	return new buffer(region);
}

inline void buffer::destruct(buffer *buffer, const shm_key_t &key, bool unlink,
			     bool unmap)
{
	if (!buffer)
		return;
	for (auto *tls : buffer->threads) {
		tls->attachments.leave_all();
		tls->buffer = nullptr;
	}
	if (unlink)
		ipcbuf_region_unlink(key.name);
	if (unmap)
		ipcbuf_region_close(buffer->region);
	delete buffer;
}

inline thread_local_data *buffer::get_tls_structure(buffer *buffer,
						    thread_id_t thread_id)
{
	if (!buffer)
		throw std::runtime_error("ipc::buffer::get_tls_structure(): "
					 "there is no buffer");
	std::lock_guard<std::mutex> guard(buffer->lock);
	auto tls = std::make_unique<thread_local_data>(thread_local_data{
		buffer, buffer->region, thread_id, {} });

	buffer->threads.insert(tls.get());
	return tls.release();
}

inline void buffer::close_tls_structure(thread_local_data *tls)
{
	if (!tls)
		return;
	tls->attachments.leave_all();
	if (tls->buffer) {
		std::lock_guard<std::mutex> guard(tls->buffer->lock);

		tls->buffer->threads.erase(tls);
		ipcbuf_region_trim(tls->region);
	}
	delete tls;
}

} /* namespace ipc */

#endif
