# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Where downloads and unpacked archives are kept, outside of the source.
# To be sourced.

cache_dir=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/ipcbuf
