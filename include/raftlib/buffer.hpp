/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* <buffer>, under the other name that programs know it by. */
#include "buffer"
