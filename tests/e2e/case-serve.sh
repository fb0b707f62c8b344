# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# `ringside serve` as an ordinary user, over a folder that is being written, scraped by Debian's
# Prometheus: what both say is what the triggers did, over restarts of the streamer and beside a
# second one; many clients, and bad ones, hurt nobody. Prometheus is unpacked, not installed: its
# package would start a service.
# shellcheck disable=SC2034 # for collect.sh
targets=native

prepare() {
	cache=/var/cache/ringside
	mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || cache=$BUILD
	[ -x "$cache/prometheus/usr/bin/promtool" ] || {
		download
		dpkg-deb -x prometheus_*.deb "$cache/prometheus.new"
		rm prometheus_*.deb
		mv -T "$cache/prometheus.new" "$cache/prometheus"
	}
	[ "$cache" = "$BUILD" ] || ln -sfn "$cache/prometheus" "$BUILD/prometheus"
}

download() {
	for try in 1 2 3; do
		! apt-get -q -o APT::Sandbox::User=root download prometheus || return 0
		sleep $((5 * try))
		apt-get -q update || true
	done
	return 1
}

collect() {
	chmod o+x . # what is above the folder is the machine's affair
	/usr/bin/python3 "$TESTS/e2e/serve.py" "$BUILD" "$TESTS" >served
}

judge() {
	cat served
}
