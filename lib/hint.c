/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Hints, see hint.h. */
#include "hint.h"

#include <stdarg.h>
#include <stdio.h>

#include <ipcbuf/region.h>

#include "util.h"

static __thread char text[320];

IPCB_PUBLIC const char *ipcbuf_hint(void)
{
	return text;
}

void ipcb_hint_clear(void)
{
	text[0] = '\0';
}

void ipcb_hint(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
}
