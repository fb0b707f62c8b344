# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# `ringside serve` as an ordinary user, over a folder that is being written, scraped by Debian's
# Prometheus: what both say is what the triggers did, over restarts of the streamer and beside a
# second one; many clients, and bad ones, hurt nobody. Prometheus is unpacked, not installed: its
# package would start a service.
# shellcheck disable=SC2034 # for collect.sh
targets=native

prepare() {
	prometheus=$BUILD/prometheus
	[ -x "$prometheus/usr/bin/promtool" ] || {
		apt-get -q -o APT::Sandbox::User=root download prometheus
		dpkg-deb -x prometheus_*.deb "$prometheus"
		rm prometheus_*.deb
	}
}

collect() {
	chmod o+x . # what is above the folder is the machine's affair
	/usr/bin/python3 "$TESTS/e2e/serve.py" "$BUILD" "$TESTS" >served
}

judge() {
	cat served
}
