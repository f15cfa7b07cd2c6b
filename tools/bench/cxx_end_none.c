// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* In place of cxx_end.cpp. */
#include "cxx_end.h"

#include <errno.h>

int cxx_end_open(const char *key, int is_producer, struct cxx_end **ret_end)
{
	(void)key;
	(void)is_producer;
	(void)ret_end;
	return -ENOPKG;
}

void cxx_end_close(struct cxx_end *end, const char *key, int with_key)
{
	(void)end;
	(void)key;
	(void)with_key;
}

int cxx_end_produce(struct cxx_end *end, uint64_t count)
{
	(void)end;
	(void)count;
	return -ENOPKG;
}

int cxx_end_consume(struct cxx_end *end, uint64_t count)
{
	(void)end;
	(void)count;
	return -ENOPKG;
}
