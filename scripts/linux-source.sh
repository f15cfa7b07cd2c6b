# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The kernel's source as Debian packages it. To be sourced.

# The newest one's archive; nothing where there is none.
linux_source()
{
	ls /usr/src/linux-source-*.tar.* /usr/src/linux-source-*/*.tar.* \
		2>/dev/null | sort -V | tail -n 1
}
