# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Debian's packages without installing them, of any suite and architecture: $arch, in a folder of
# the caller's, $work. The mirror, proxies and keys are those of the machine's own apt; nothing of
# it is changed.
# shellcheck disable=SC2154 # the caller's

mirror() { # LABEL: the archive of that label in the machine's own apt configuration
	# shellcheck disable=SC2016 # apt replaces it
	apt-get indextargets --format '$(REPO_URI)' "Label: $1" 'Created-By: Packages' | sed -n 1p
}

sources() { # SUITE
	local main security signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'

	main=$(mirror Debian)
	if [[ -z $main ]]; then # no index yet: apt does not know the labels
		apt-get -qq update
		main=$(mirror Debian)
	fi
	[[ -n $main ]] || { echo "debs: apt knows no Debian archive" >&2; return 1; }
	echo "deb $signed $main $1 main"
	[[ $1 != sid ]] || return 0
	security=$(mirror Debian-Security)
	[[ -z $security ]] || echo "deb $signed $security $1-security main"
}

private() { # an apt command with lists, cache and status of its own, in $work, for $arch
	"$1" -qq \
		-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$work/state" -o Dir::State::Lists="$work/lists" \
		-o Dir::State::Status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=root \
		-o Acquire::Languages=none -o Acquire::PDiffs=false -o Acquire::Retries=3 \
		-o Acquire::http::Timeout=30 -o APT::Update::Error-Mode=any "${@:2}"
}

lists() { # SUITE: its lists of packages, into $work
	mkdir -p "$work"/{state,lists/partial,cache/archives/partial,tree}
	: >"$work/status"
	sources "$1" >"$work/sources.list" && private apt-get update
}

# Of PACKAGE…, those whose names match PATTERN, with what they depend on.
dependencies() { # PATTERN PACKAGE…
	private apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "${@:2}" | grep -E "$1" | sort -u
}

unpack() { # PACKAGE…: into $work/tree
	local deb

	(cd "$work" && private apt-get download "$@") || return
	for deb in "$work"/*.deb; do
		dpkg-deb -x "$deb" "$work/tree" || return
	done
}
