// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See cxx_end.h. A program of that API looks its channel up by number each time. */
#include "cxx_end.h"

#include "pattern.h"

#include <buffer>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>

static const ipc::channel_id_t channel_id = 1;
static const std::size_t record_bytes = 64;

struct cxx_end {
	ipc::buffer *buffer;
	ipc::thread_local_data *tls;
};

static std::unique_ptr<cxx_end> open_end(const char *key, int is_producer)
{
	auto end = std::make_unique<cxx_end>();

	end->buffer = ipc::buffer::initialize(key);
	end->tls = ipc::buffer::get_tls_structure(end->buffer,
						  is_producer ? 1 : 2);
	if (ipc::buffer::add_spsc_lf_record_channel(
		    end->tls, channel_id,
		    is_producer ? ipc::producer : ipc::consumer) < 0)
		throw std::runtime_error("the channel has that end already");
	return end;
}

int cxx_end_open(const char *key, int is_producer, struct cxx_end **ret_end)
{
	try {
		*ret_end = open_end(key, is_producer).release();
		return 0;
	} catch (const std::exception &error) {
		std::fprintf(stderr, "ipcbuf-bench: %s\n", error.what());
		return -EIO;
	}
}

void cxx_end_close(struct cxx_end *end, const char *key, int with_key)
{
	ipc::buffer::close_tls_structure(end->tls);
	ipc::buffer::destruct(end->buffer, key, with_key);
	delete end;
}

int cxx_end_produce(struct cxx_end *end, uint64_t count)
{
	void *record;
	uint64_t i;

	for (i = 0; i < count; i++) {
		record = ipc::buffer::allocate_record(
			end->tls, record_bytes, channel_id);
		if (!record)
			return -ENOMEM;
		pattern_write(record, record_bytes, i);
		while (ipc::buffer::send_record(end->tls, channel_id,
						&record) != ipc::tx_success)
			;
	}
	return 0;
}

int cxx_end_consume(struct cxx_end *end, uint64_t count)
{
	void *record;
	uint64_t i;

	for (i = 0; i < count; i++) {
		while (ipc::buffer::receive_record(end->tls, channel_id,
						   &record) != ipc::tx_success)
			;
		if (pattern_differs(record, record_bytes, i))
			return -EBADMSG;
		ipc::buffer::free_record(end->tls, record);
	}
	return 0;
}
