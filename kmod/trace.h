/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: /sys/kernel/tracing/events/ipcbuf. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipcbuf

#if !defined(IPCBUF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IPCBUF_TRACE_H

#include <linux/tracepoint.h>

#include "ipcbuf.h"

TRACE_EVENT(ipcbuf_create,
	TP_PROTO(const struct ipcbuf_region *region),
	TP_ARGS(region),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, size_bytes)
		__field(u32, slots)
		__array(char, name, IPCBUF_IOC_NAME_BYTES)
	),
	TP_fast_assign(
		__entry->id = region->id;
		__entry->size_bytes = region->size_bytes;
		__entry->slots = region->slots;
		memcpy(__entry->name, region->name, IPCBUF_IOC_NAME_BYTES);
	),
	TP_printk("id=%llu name=%s size=%llu slots=%u", __entry->id,
		  __entry->name, __entry->size_bytes, __entry->slots)
);

TRACE_EVENT(ipcbuf_attach,
	TP_PROTO(const struct ipcbuf_region *region, bool writable),
	TP_ARGS(region, writable),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(bool, writable)
	),
	TP_fast_assign(
		__entry->id = region->id;
		__entry->writable = writable;
	),
	TP_printk("id=%llu %s", __entry->id,
		  __entry->writable ? "read-write" : "read-only")
);

TRACE_EVENT(ipcbuf_wait,
	TP_PROTO(const struct ipcbuf_region *region, u64 offset, u32 words),
	TP_ARGS(region, offset, words),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, offset)
		__field(u32, words)
	),
	TP_fast_assign(
		__entry->id = region->id;
		__entry->offset = offset;
		__entry->words = words;
	),
	TP_printk("id=%llu offset=%llu words=%u", __entry->id,
		  __entry->offset, __entry->words)
);

TRACE_EVENT(ipcbuf_wake,
	TP_PROTO(const struct ipcbuf_region *region, u64 offset, u32 count,
		 u32 woken),
	TP_ARGS(region, offset, count, woken),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, offset)
		__field(u32, count)
		__field(u32, woken)
	),
	TP_fast_assign(
		__entry->id = region->id;
		__entry->offset = offset;
		__entry->count = count;
		__entry->woken = woken;
	),
	TP_printk("id=%llu offset=%llu count=%u woken=%u", __entry->id,
		  __entry->offset, __entry->count, __entry->woken)
);

TRACE_EVENT(ipcbuf_death,
	TP_PROTO(const struct ipcbuf_region *region, u32 slot, u32 generation),
	TP_ARGS(region, slot, generation),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, slot)
		__field(u32, generation)
	),
	TP_fast_assign(
		__entry->id = region->id;
		__entry->slot = slot;
		__entry->generation = generation;
	),
	TP_printk("id=%llu slot=%u generation=%u", __entry->id, __entry->slot,
		  __entry->generation)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
