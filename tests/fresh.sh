#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/fresh.sh [-k] [DEV-ARG…]
#        tests/fresh.sh [-k] deps [build|demo|test|bench|package…]
#
# Proves that ./dev works on a fresh Debian 12: makes a minimal one with git and nothing else in a
# folder, from the mirror of the machine's own apt, clones this tree's HEAD into it and runs
# ./dev DEV-ARG… (demo) there, on this machine's kernel. Needs root and debootstrap.
# deps runs nothing: for each part (all), in a fresh one of its own, it installs what ./dev installs for
# that, and looks for every program, library and module it calls, here and in guests
# (check-programs.py). -k keeps the folder.
set -euo pipefail

keep=
[[ ${1-} != -k ]] || { keep=1; shift; }
[[ $# -gt 0 ]] || set -- demo
[[ $EUID = 0 ]] || { echo "fresh.sh needs root: sudo tests/fresh.sh" >&2; exit 1; }
[[ -x $(command -v debootstrap) ]] || { echo "fresh.sh needs debootstrap: apt-get install debootstrap" >&2; exit 1; }

tree=$(realpath "$(dirname "$0")/..")
dir=$(mktemp -d /var/tmp/ringside-fresh.XXXXXX)
# What is mounted below lives in a mount namespace of its own: it is not there any more.
trap '[[ -n $keep ]] || rm -rf --one-file-system "$dir" "$dir.part"' EXIT
chmod 755 "$dir"

archive() { # LABEL: the archive of that label, and its keys
	# shellcheck disable=SC2016 # apt replaces it
	apt-get indextargets --format '$(REPO_URI)' "Label: $1" 'Created-By: Packages' | sed -n 1p
}

main=$(archive Debian)
security=$(archive Debian-Security)
[[ -n $main ]] || { echo "fresh.sh: apt knows no Debian archive; run apt-get update" >&2; exit 1; }

eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
[[ -z ${http_proxy-} ]] || export http_proxy
[[ -z ${https_proxy-} ]] || export https_proxy
began=$SECONDS
debootstrap --variant=minbase --include=git,ca-certificates bookworm "$dir" "$main" >"$dir.log" 2>&1 ||
	{ cat "$dir.log"; exit 1; }
rm "$dir.log"
apt-config dump Acquire >"$dir/etc/apt/apt.conf.d/90machine"
{
	echo "deb $main bookworm main"
	echo "deb $main bookworm-updates main"
	[[ -z $security ]] || echo "deb $security bookworm-security main"
} >"$dir/etc/apt/sources.list"
cp /etc/resolv.conf "$dir/etc/"
git clone --quiet "$tree" "$dir/root/ringside"
echo "A fresh Debian $(cat "$dir/etc/debian_version") after $((SECONDS - began)) s: $(chroot "$dir" dpkg-query -Wf '.\n' | wc -l) packages"

inside() { # ROOT COMMAND: in the clone
	# shellcheck disable=SC2016 # for the shell inside
	unshare --mount --propagation private bash -c '
		set -e
		mount -t proc proc "$1/proc"
		mount --rbind /sys "$1/sys"
		mount --rbind /dev "$1/dev"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C \
			chroot "$1" bash -c "cd /root/ringside && time $2"
	' fresh "$1" "$2"
}

if [[ $1 != deps ]]; then
	inside "$dir" "$(printf '%q ' ./dev "$@")"
	exit
fi
shift
[[ $# -gt 0 ]] || set -- build demo test bench package
rc=0
for part; do
	rm -rf --one-file-system "$dir.part"
	cp -a --reflink=auto "$dir" "$dir.part"
	inside "$dir.part" "{ ./dev deps $part && tests/check-programs.py $part; }" || rc=1
done
exit $rc
