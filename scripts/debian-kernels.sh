# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Which of Debian's releases has which kernel. To be sourced, after
# apt-private.sh. DEBIAN_MIRROR names another archive.

# debian_suite KERNEL: fails where there is none.
debian_suite()
{
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	7.x) echo sid ;;
	*) return 1 ;;
	esac
}

# debian_setup WORK SUITE: an apt for that release's packages.
debian_setup()
{
	echo "deb $(apt_private_keyring debian) ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $2 main" |
		apt_private_setup "$1" amd64
	apt-get -q -c "$1/apt.conf" update >&2
}
