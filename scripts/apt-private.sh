# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# apt with an architecture, lists and sources of its own: packages of another
# machine or release can be fetched and unpacked without touching the system's
# settings, and without root. To be sourced.

# The line of options that says by which key an archive's lists are signed.
apt_private_keyring()
{
	for apt_private_file in /usr/share/keyrings/"$1"-archive-keyring.gpg; do
		[ ! -e "$apt_private_file" ] ||
			echo "[signed-by=$apt_private_file]"
	done
}

# apt_private_setup WORK ARCH: a folder for it; the sources come by standard
# input, one a line. Then `apt-get -c WORK/apt.conf ...` is that apt.
apt_private_setup()
{
	mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	cat >"$1/sources.list"
	cat >"$1/apt.conf" <<-END
	APT::Architecture "$2";
	#clear APT::Architectures;
	APT::Architectures { "$2"; };
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear DPkg::Post-Invoke;
	Acquire::Languages "none";
	#clear Acquire::IndexTargets::deb::DEP-11;
	Dir::State "$1/state";
	Dir::State::lists "$1/state/lists";
	Dir::State::status "$1/status";
	Dir::Cache "$1/cache";
	Dir::Etc::SourceList "$1/sources.list";
	Dir::Etc::SourceParts "$1/none";
	END
	# Root's downloads are otherwise made by a user that can't write here.
	[ "$(id -u)" != 0 ] ||
		echo 'APT::Sandbox::User "root";' >>"$1/apt.conf"
}

# apt_private_unpack WORK PACKAGE...: into WORK/root.
apt_private_unpack()
{
	apt_private_work=$1
	shift
	(cd "$apt_private_work" && apt-get -q -c apt.conf download "$@")
	for apt_private_file in "$apt_private_work"/*.deb; do
		dpkg-deb -x "$apt_private_file" "$apt_private_work/root"
	done
}

# apt_private_depends WORK PACKAGE PATTERN: what it depends on that is called so.
apt_private_depends()
{
	apt-cache -c "$1/apt.conf" depends "$2" |
		sed -n "s/^ *Depends: \($3\)$/\1/p"
}
