#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In a guest with systemd (run-systemd): ringside-streamer as a service. Prints "ok - ..." and
# "not ok - ..." lines; fails if there is one of the latter, or none.
set -u
unit=ringside-streamer
drop_in=/etc/systemd/system/$unit.service.d
passed=0 failed=0
RESTARTS=20

check() { # WHAT COMMAND…
	if "${@:2}" >/run/said 2>&1; then
		echo "ok - service: $1"
		passed=$((passed + 1))
	else
		echo "not ok - service: $1"
		sed 's/^/# /' /run/said
		failed=$((failed + 1))
	fi
}

said() { # TEXT: in the unit's latest lines of the journal
	journalctl --sync
	journalctl -u $unit --no-pager -o cat -n 20 | grep -F -- "$1"
}

property() { # NAME
	systemctl show --value -p "$1" $unit
}

# With a value of our own for what no test waits for.
with() { # LINE…: of [Service]
	mkdir -p $drop_in
	printf '%s\n' '[Service]' "$@" >$drop_in/test.conf
	systemctl daemon-reload
}

has_no_mistake() { # there are no man pages there
	! systemd-analyze verify --man=no /usr/local/lib/systemd/system/$unit.service 2>&1 | grep $unit
}

is_named() { # the machine, by its own id
	ringside cat --all -o json /var/log/ringside |
		jq -es --arg id "$(cat /etc/machine-id)" 'map(select(.kind == "header"))[-1].machine_id == $id'
}

has_no_privileges() {
	awk '/^Cap(Eff|Prm|Bnd|Amb):/ && $2 !~ /^0+$/ { bad = 1; print }
		/^Uid:/ && !$2 { bad = 1; print }
		/^Seccomp:/ && $2 != 2 { bad = 1; print } END { exit bad }' "/proc/$(property MainPID)/status"
}

# All that the streamer could not give up, or could not attach, stands there.
gave_all_up() {
	ringside cat --all -o json /var/log/ringside | jq -es 'map(select(.kind == "header").privileges)[-1]
		| (.kept // [] | length) == 0 and .landlock >= 1 and .seccomp_filter' ||
		{ ringside cat --all -o json /var/log/ringside | head -n 1; return 1; }
}

attached() { # PROBE…: by what systemctl status shows
	local probe

	for probe; do
		property StatusText | grep "$probe" || return 1
	done
}

# Nothing is missed from the moment on at which systemd says that it is started.
first_moment() {
	local i seen

	for i in 1 2 3; do
		systemctl restart $unit &&
			systemd-run --quiet --wait --unit "first-$i" /build/testdata/trigger-seccomp c01
		for _ in $(seq 50); do
			seen=$(ringside cat --unit "first-$i.service" -o json /var/log/ringside 2>/dev/null | wc -l)
			[[ $seen = 0 ]] || break
			sleep 0.2
		done
		[[ $seen -gt 0 ]] || return 1
	done
}

oom_is_told() {
	systemd-run --quiet --wait --unit hungry -p MemoryMax=32M -p MemorySwapMax=0 tail /dev/zero 2>/dev/null
	for _ in $(seq 50); do
		ringside cat --kind oom --unit hungry.service -o json /var/log/ringside 2>/dev/null | grep -q . && return
		sleep 0.2
	done
	return 1
}

is_watched() { # a loop that stands still is ended, and started again
	local pid restarts

	with WatchdogSec=4s 'ExecStart=' 'ExecStart=/usr/local/bin/ringside-streamer -w /var/log/ringside/ --counters-interval 1h'
	systemctl restart $unit || return
	pid=$(property MainPID)
	sleep 10
	[[ $(property MainPID) = "$pid" ]] || { echo "it was ended though it lived"; return 1; }
	restarts=$(property NRestarts)
	kill -STOP "$pid"
	for _ in $(seq 150); do
		[[ $(property NRestarts) = "$restarts" ]] || break
		sleep 0.2
	done
	[[ $(property NRestarts) -gt $restarts ]] || return 1
	for _ in $(seq 150); do
		[[ $(property SubState) = running ]] && break
		sleep 0.2
	done
	[[ $(property SubState) = running ]]
}

options_are_refused_once() {
	with 'ExecStart=' 'ExecStart=/usr/local/bin/ringside-streamer -w /var/log/ringside/ --rats 3'
	! systemctl restart $unit && sleep 3 && [[ $(property NRestarts) = 0 ]] && said 'did you mean --rate'
}

reloads() {
	local before after

	before=$(find /var/log/ringside -name '*.pb.zst' | wc -l)
	systemctl reload $unit || return
	for _ in $(seq 50); do
		after=$(find /var/log/ringside -name '*.pb.zst' | wc -l)
		[[ $after = $((before + 1)) ]] && return
		sleep 0.2
	done
	return 1
}

configure() { # LINE…
	mkdir -p /etc/ringside
	printf '%s\n' "$@" >/etc/ringside/streamer.conf
}

configuration_is_read_again() {
	configure '[labels]' 'rack = r12' '[retention]' 'max-age = 30d' && reloads && said 'max-age' &&
		ringside cat --label rack=r12 --all -o json /var/log/ringside | grep -q '"kind":"header"'
}

a_broken_one_changes_nothing() {
	local pid

	pid=$(property MainPID)
	configure '[labels]' 'rack = r12' '[limits]' 'rats = 3'
	systemctl reload $unit
	for _ in $(seq 50); do
		said 'streamer.conf:4' && break
		sleep 0.2
	done
	said 'streamer.conf:4' && [[ $(property MainPID) = "$pid" && $(property SubState) = running ]]
}

by_kprobes() {
	with 'ExecStart=' 'ExecStart=/usr/local/bin/ringside-streamer -w /var/log/ringside/ --attach kprobe'
	systemctl restart $unit
}

# Three starts that fail.
fails_and_brakes() {
	with 'SystemCallFilter=~bpf' RestartSec=200ms
	systemctl restart $unit
	for _ in $(seq 150); do
		[[ $(property NRestarts) -lt 3 ]] || break
		sleep 0.2
	done
	systemctl stop $unit
	rm -f $drop_in/test.conf
	systemctl daemon-reload
	systemctl start $unit && attached 'oom_kill by' && ! attached 'seccomp_denial by'
}

is_told_of_the_brake() {
	ringside status /var/log/ringside | grep -i 'failed'
}

is_released() {
	rm /run/ringside-streamer/failed-starts && systemctl restart $unit && attached 'oom_kill by' 'seccomp_denial by'
}

# In the midst of a storm, by who is started again: each event is there once, in one stream.
restarts_without_a_gap() {
	local i seen triggered

	with 'ExecStart=' 'ExecStart=/usr/local/bin/ringside-streamer -w /var/log/ringside/ --rate 0 --container-rate 0'
	systemctl restart $unit
	systemd-run --quiet --wait --unit storm -p StandardOutput=file:/run/storm \
		/build/testdata/trigger-storm --count 4000 --seconds $((RESTARTS * 3)) &
	for i in $(seq $RESTARTS); do
		systemctl restart $unit || return
	done
	wait
	triggered=$(jq .triggered /run/storm)
	for _ in $(seq 50); do
		seen=$(ringside cat --unit storm.service -o json /var/log/ringside | wc -l)
		[[ $seen -lt $triggered ]] || break
		sleep 0.2
	done
	echo "$seen of $triggered; $(property NFileDescriptorStore) descriptors are kept"
	journalctl --sync
	[[ $seen = "$triggered" ]] &&
		[[ $(journalctl -u $unit -o cat | grep -c 'goes on with what the streamer before it left') -ge $RESTARTS ]]
}

is_one_stream() { # that of the latest file
	local id

	id=$(find /var/log/ringside -name '*.pb.zst' -printf '%f\n' | sort | tail -n 1 | cut -d - -f 2)
	find /var/log/ringside -name "*-$id-*.pb.zst" | sort | xargs ringside verify
}

# Killed instead: the rings keep what is not written.
goes_on_when_killed() {
	local triggered seen restarts

	with RestartSec=100ms 'ExecStart=' 'ExecStart=/usr/local/bin/ringside-streamer -w /var/log/ringside/ --rate 0 --container-rate 0'
	systemctl restart $unit
	systemd-run --quiet --wait --unit killing -p StandardOutput=file:/run/killing \
		/build/testdata/trigger-storm --count 4000 --seconds 20 &
	for _ in 1 2 3 4 5; do
		sleep 1
		restarts=$(property NRestarts)
		kill -KILL "$(property MainPID)"
		for _ in $(seq 150); do
			[[ $(property NRestarts) = "$restarts" || $(property SubState) != running ]] || break
			sleep 0.2
		done
	done
	wait
	triggered=$(jq .triggered /run/killing)
	for _ in $(seq 50); do
		seen=$(ringside cat --unit killing.service -o json /var/log/ringside 2>/dev/null | wc -l)
		[[ $seen -lt $triggered ]] || break
		sleep 0.2
	done
	echo "$seen of $triggered"
	[[ $seen = "$triggered" ]] && said 'which did not end by itself' && attached 'oom_kill by' 'seccomp_denial by'
}

bpf_left() { # whether a program is on a hook; systemd has some of its own on cgroups
	grep -lE '^link_type:[[:space:]]*(tracing|raw_tracepoint|perf|iter)' /proc/[0-9]*/fdinfo/* 2>/dev/null
}

leaves_nothing() {
	systemctl stop $unit && sleep 1 && ! bpf_left && ringside verify "$(find /var/log/ringside -name '*.pb.zst' | sort | tail -n 1)"
}

metrics() { # whoever asks first starts what answers
	local line

	exec 3<>/dev/tcp/127.0.0.1/9464 || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	while read -r line; do
		case $line in ringside_up* | ringside_events_total* | ringside_*total*) echo "$line" ;; esac
	done <&3 >/run/metrics
	exec 3>&-
	[[ -s /run/metrics ]] || { journalctl -u ringside-serve --no-pager -o cat -n 20; return 1; }
}

is_nobody() { # what answers: a user of its own, without any privilege
	local pid

	pid=$(systemctl show --value -p MainPID ringside-serve)
	[[ $pid -gt 0 ]] && awk '/^Cap(Eff|Prm|Bnd|Amb):/ && $2 !~ /^0+$/ { bad = 1; print }
		/^Uid:/ && $2 < 61184 { bad = 1; print } END { exit bad }' "/proc/$pid/status"
}

mkdir -p /etc/ringside # as a package does: what is made later is out of reach
check 'sysusers.d makes the user' systemd-sysusers
check 'tmpfiles.d makes the folder' systemd-tmpfiles --create ringside.conf
check 'of the group whose members may read' test "$(stat -c '%U:%G %a' /var/log/ringside)" = 'ringside:ringside 2750'
check 'the unit has no mistake' has_no_mistake
check 'it starts' systemctl start $unit
check 'systemctl status shows what is attached' attached 'oom_kill by' 'seccomp_denial by'
check 'the journal does, too' said 'oom_kill by'
check 'it has no privileges left' has_no_privileges
check 'and all of its own fences' gave_all_up
check 'it knows the machine' is_named
check 'status' ringside status /var/log/ringside
check 'an OOM kill is told' oom_is_told
check 'nothing is missed from started on' first_moment
check 'a socket waits for who wants sums' systemctl start ringside-serve.socket
check 'and gives them' metrics
check 'from a process without privileges' is_nobody
check 'the service manager listens on' systemctl stop ringside-serve.service
check 'and whoever asks starts it again' metrics
systemctl stop ringside-serve.socket ringside-serve.service
check 'reload begins a new file' reloads
check 'and reads the configuration again' configuration_is_read_again
check 'a broken one changes nothing' a_broken_one_changes_nothing
rm -f /etc/ringside/streamer.conf
check 'kprobes, too' by_kprobes
check 'other wishes are attached anew' said 'attached anew: other probes, rings or limits are asked for now'
check 'attached so' attached 'oom_kill by kprobe' 'seccomp_denial by kprobe'
check 'a loop that stands still is started again' is_watched
check 'wrong options are not tried again' options_are_refused_once
rm -f $drop_in/test.conf
systemctl daemon-reload
systemctl reset-failed $unit
check 'after three failed starts it watches OOM kills alone' fails_and_brakes
check 'and status says so' is_told_of_the_brake
check 'until it is released' is_released
check 'it starts again' systemctl start $unit
check 'restarts in the midst of a storm lose nothing' restarts_without_a_gap
sed 's/^/# /' /run/said
check 'nor does SIGKILL' goes_on_when_killed
sed 's/^/# /' /run/said
check 'all of it is one stream, which is complete' is_one_stream
rm -f $drop_in/test.conf
systemctl daemon-reload
systemctl restart $unit
check 'no more than it is to take' test "$(property MemoryCurrent)" -lt $((24 << 20))
check 'stopped, it leaves nothing' leaves_nothing
check 'its exposure' sh -c "systemd-analyze security --no-pager --threshold=36 $unit | tail -n 1"
systemd-analyze security --no-pager $unit | sed -n '$s/^/# /p'
[[ $failed = 0 && $passed -gt 0 ]]
