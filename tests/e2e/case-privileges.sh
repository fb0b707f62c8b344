# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# An ordinary user with CAP_BPF and CAP_PERFMON, and nothing else, sees everything; what is missing
# is named by the streamer and by doctor. Root becomes an ordinary user that can do nothing but what
# it does, and uses nothing that others put where it writes.
# shellcheck disable=SC2034 # for collect.sh
targets='native bookworm trixie bullseye'

user=65534 # nobody

# as CAPABILITIES PROGRAM ARG…: from a folder that everybody can reach.
as() {
	caps=$1 program=$2
	shift 2
	"$folder/as-user" $user "$caps" "$folder/$program" "$@"
}

# try NAME CAPABILITIES OPTION…: a streamer that cannot start; what it says is in NAME.log.
try() {
	name=$1 caps=$2
	shift 2
	rc=0
	as "$caps" ringside-streamer --allow-syscall-tax "$@" >"$name.pb" 2>"$name.log" || rc=$?
	echo $rc >"$name.exit"
}

# ask NAME CAPABILITIES OPTION…: the same of doctor.
ask() {
	name=$1 caps=$2
	shift 2
	rc=0
	as "$caps" ringside doctor --no-measure "$@" >"$name.out" 2>"$name.err" || rc=$?
	echo $rc >"$name.exit"
}

# start_as NAME CAPABILITIES OPTION…
start_as() {
	name=$1 caps=$2
	shift 2
	# not by as(): $! shall be the streamer, no shell
	"$folder/as-user" $user "$caps" "$folder/ringside-streamer" --allow-syscall-tax --rate 0 \
		"$@" >"$name.pb" 2>"$name.log" &
	streamer=$!
	echo "$streamer" >"$name.pid"
	wait_until 60 "first record of $name.pb" began
	wait_until 10 "end of all privileges" dropped
	cat "/proc/$streamer/status" >"$name.status"
}

dropped() {
	[ "$(sed -n 's/^CapEff:\t//p' "/proc/$streamer/status")" = 0000000000000000 ]
}

# Root's, where there are a user and a group `ringside`.
# shellcheck disable=SC2016 # for a shell of its own
as_root='cd "$0" && mount --bind passwd /etc/passwd && mount --bind group /etc/group && exec "$@"'

# try_root NAME OPTION…: one that cannot start.
try_root() {
	name=$1
	shift
	rc=0
	unshare -m sh -c "$as_root" "$PWD" "$BUILD/streamer/ringside-streamer" \
		--allow-syscall-tax "$@" >"$name.pb" 2>"$name.log" || rc=$?
	echo $rc >"$name.exit"
}

# start_root NAME FILE OPTION…
start_root() {
	name=$1 first=$2
	shift 2
	unshare -m sh -c "$as_root" "$PWD" "$BUILD/streamer/ringside-streamer" \
		--allow-syscall-tax --rate 0 --counters-interval 1 "$@" >"$name.out" 2>"$name.log" &
	streamer=$!
	echo "$streamer" >"$name.pid"
	wait_until "${patience:-60}" "first record of $first" [ -s "$first" ]
	wait_until 10 "filter" grep -q '^Seccomp:.2' "/proc/$streamer/status"
	cat "/proc/$streamer/status" >"$name.status"
}

collect_root() {
	[ -e /etc/group ] || : >/etc/group
	{ grep -v '^ringside:' /etc/passwd; echo ringside:x:4710:4711::/:/bin/false; } >passwd
	{ grep -v '^ringside:' /etc/group || true; echo ringside:x:4711:; } >group

	mkdir -m 1777 shared
	mkdir -m 700 mine
	: >shared/given.pb
	chown $user shared/given.pb
	try_root shared -w shared/
	try_root given -w shared/given.pb
	try_root mine -w mine/x.pb -C 64K
	try_root nobody --user no-such-user

	# The next names are taken by what others put there.
	mkdir planted
	chown 4710 planted
	mkfifo planted/x.000001.pb
	: >planted/x.000002.pb
	ln -s /etc/passwd planted/x.000003.pb
	chown -h $user planted/x.00000[123].pb
	# shellcheck disable=SC2016 # for the command
	LD_PRELOAD=$BUILD/testdata/misbehave.preload MISBEHAVE=refused start_root root \
		planted/x.000000.pb -w planted/x.pb -C 64K --probes oom,seccomp,tcp,bpf \
		--post-rotate 'echo $(id -u) ${LD_PRELOAD-none} ${PATH:+path} >>ran; true'
	trigger root trigger-seccomp --cgroup ringside-privileges c01
	kill -HUP "$streamer"
	wait_until 10 "file after what was planted" [ -s planted/x.000004.pb ]
	wait_until 10 "command" [ -s ran ]
	sleep 2
	"$BUILD/consumer/ringside" status planted >root.state || true
	stop root
	ls -ln planted >planted.list

	[ "$TARGET" = native ] || return 0
	# In his own folder it goes on as who ran sudo.
	mkdir -m 700 home
	chown 1234 home
	SUDO_UID=1234 SUDO_GID=1235 SUDO_USER=somebody start_root sudo home/x.000000.pb \
		-w home/x.pb -C 64K
	kill -HUP "$streamer"
	wait_until 10 "second file" [ -s home/x.000001.pb ]
	stop sudo
	rc=0
	LD_PRELOAD=$BUILD/testdata/misbehave.preload MISBEHAVE=exec \
		"$BUILD/streamer/ringside-streamer" --probes oom >exec.pb 2>exec.log || rc=$?
	echo $rc >exec.exit
}

collect() {
	collect_root
	[ "$TARGET" != bullseye ] || return 0
	folder=$(mktemp -d)
	chmod 755 "$folder"
	trap 'rm -rf "$folder"; end_streamers' EXIT
	cp "$BUILD/testdata/as-user" "$BUILD/streamer/ringside-streamer" \
		"$BUILD/consumer/ringside" "$folder"
	chmod 755 "$folder"/*

	start_as two bpf,perfmon
	trigger two trigger-seccomp --cgroup ringside-privileges all
	trigger two trigger-oom all
	stop two

	start_as bpf bpf,perfmon --probes bpf --counters-interval 1
	sleep 3
	stop bpf
	try no-stats bpf,perfmon --probes bpf --bpf-stats

	try none none
	try no-bpf perfmon
	try no-perfmon bpf
	ask doctor-two bpf,perfmon -- --allow-syscall-tax
	"$folder/ringside" doctor -o json -- --allow-syscall-tax >object.json
	ask doctor-none none
	ask doctor-no-bpf perfmon
	ask doctor-no-perfmon bpf

	[ "$TARGET" != native ] || return 0
	# This machine's own kernel has no kprobes. Debian's have a level 3.
	echo 3 >/proc/sys/kernel/perf_event_paranoid
	try kprobe-3 bpf,perfmon --attach kprobe
	ask doctor-kprobe-3 bpf,perfmon -- --attach kprobe
	start_as kprobe-admin bpf,perfmon,sys_admin --attach kprobe
	stop kprobe-admin
	echo 2 >/proc/sys/kernel/perf_event_paranoid
	start_as kprobe-2 bpf,perfmon --attach kprobe
	trigger kprobe-2 trigger-seccomp --cgroup ringside-privileges c01
	stop kprobe-2
}

# says NAME EXIT TEXT…: NAME ended so, and said all of these, and none that has a ! before it.
says() {
	name=$1 exit=$2
	shift 2
	cat "$name.log" "$name.out" "$name.err" >"$name.said" 2>/dev/null || true
	if [ "$(cat "$name.exit")" != "$exit" ]; then
		echo "not ok - $name exits with $(cat "$name.exit")"
		return
	fi
	for text; do
		found=yes
		# doctor breaks lines
		tr -s ' \n' ' ' <"$name.said" | grep -qF -e "${text#!}" || found=no
		case $found$text in
		no!* | yes[!!]*) continue ;;
		esac
		echo "not ok - $name: $text"
		sed 's/^/# /' "$name.said"
		return
	done
	echo "ok - $name: $*"
}

# An ordinary user all along, and without capabilities once attached.
judge_status() {
	for field in CapInh CapPrm CapEff CapAmb; do
		value=$(sed -n "s/^$field:\t//p" "$1")
		[ "$value" = 0000000000000000 ] || echo "not ok - $field is $value"
	done
	[ "$(sed -n 's/^Uid:\t//p' "$1")" = "$(printf '%s\t%s\t%s\t%s' $user $user $user $user)" ] ||
		echo "not ok - uid: $(grep ^Uid "$1")"
	[ "$(sed -n 's/^NoNewPrivs:\t//p' "$1")" = 1 ] || echo "not ok - no_new_privs is not set"
	echo "ok - uid $user, no capabilities left"
}

# The table fits a terminal; the object has what was measured, and what each kernel offers.
judge_doctor() {
	/usr/bin/python3 - "$TARGET" <<-'END'
		import json
		import sys

		with open("doctor-two.out", encoding="utf-8") as table:
		    widest = max(len(line.rstrip("\n")) for line in table)
		print("ok" if widest <= 80 else "not ok", f"- doctor's widest line has {widest} columns")
		with open("object.json", encoding="utf-8") as file:
		    doctor = json.load(file)
		states = {}
		measured = {}
		for probe in doctor["probes"]:
		    for tier in probe["tiers"]:
		        states[probe["kind"], tier["tier"]] = tier["state"]
		        measured[probe["kind"], tier["tier"]] = "measured" in tier
		best = "tracepoint" if sys.argv[1] == "native" else "fentry"
		for (kind, tier), state in states.items():
		    expected = ["chosen"] if tier == best else ["offered"]
		    if best == "tracepoint" and tier != best:
		        expected = ["refused"]
		    print("ok" if state in expected else "not ok", f"- {kind} by {tier} is {state}")
		    if kind == "seccomp_denial" and state != "refused":
		        print("ok" if measured[kind, tier] else "not ok", f"- the cost of {tier} is measured")
		good = doctor["works"] and doctor["memory"]["map_bytes"] > 0 and doctor["without_hooks"]
		print("ok" if good else "not ok", "- all works, and its memory is known")
	END
}

# Each set since the start was read without a capability.
judge_objects() {
	/usr/bin/python3 - "$TESTS/e2e" <<-'END'
		import sys

		sys.path.insert(0, sys.argv[1])
		from judge import read_records

		with open("bpf.pb", "rb") as file:
		    sets = [r.counters for r in read_records(file.read()) if r.HasField("counters")]
		own = [{row.bpf_object.name for row in s.rows if row.bpf_object.own} for s in sets if s.full]
		good = len(own) > 1 and "rs_bpf_maps" in own[-1] and "rs_ooms" in own[-1]
		print("ok" if good else "not ok", f"- {len(own[-1])} own BPF objects in the last set")
	END
}

# is NAME VALUE EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1: $2"
	else
		echo "not ok - $1: '$2', not '$3'"
	fi
}

field() { sed -n "s/^$2:[ \t]*//p" "$1" | tr -s ' \t' ' ' | sed 's/ $//'; }

judge_root() {
	left=0000000000000000
	# Debian sets kernel.unprivileged_bpf_disabled, where 5.10 wants CAP_BPF for every bpf(2).
	[ "$TARGET" != bullseye ] || left=0000008000000000
	is uid "$(field root.status Uid)" '4710 4710 4710 4710'
	is gid "$(field root.status Gid)" '4711 4711 4711 4711'
	is groups "$(field root.status Groups)" 4711
	for set in CapInh CapBnd CapAmb; do
		is $set "$(field root.status $set)" 0000000000000000
	done
	is CapPrm "$(field root.status CapPrm)" $left
	is CapEff "$(field root.status CapEff)" $left
	is no_new_privs "$(field root.status NoNewPrivs)" 1
	is seccomp "$(field root.status Seccomp)" 2
	is 'all that it tried' "$(grep -c '^misbehave: .*: EPERM$' root.log)" 5
	# Debian's 5.10 has no Landlock; there a file that everybody may read stays in reach.
	passwd=EACCES
	[ "$TARGET" != bullseye ] || passwd='done'
	is 'a file elsewhere' "$(sed -n 's/^misbehave: passwd: //p' root.log)" $passwd
	# and nothing that it needs
	is 'status names' "$(sed -n 's/.*refused to it *\(.*\);.*/\1/p' root.state)" \
		'socket × 3, setns × 1, bpf × 1'
	is 'the commands ran as' "$(sort -u ran)" '0 none path'
	is 'its files' "$(awk '/000[04]\.pb$/ && $1 == "-rw-r-----" { print $3, $4 }' planted.list |
		sort -u)" '4710 4711'
	is 'what was planted' "$(awk '/00000[123]\.pb/ { printf "%s %s%s ", substr($1, 1, 1), $3, \
		$1 ~ /^-/ ? " " $5 : "" }' planted.list)" "p $user - $user 0 l $user "
	rc=0
	"$BUILD/consumer/ringside" verify planted/x.000000.pb planted/x.000004.pb >root.verified || rc=$?
	is 'verify' $rc 0
	says shared 1 '--allow-shared-folder' 'everybody may write to it'
	says given 1 "belongs to user $user"
	says mine 1 'as user ringside' 'later on'
	says nobody 2 'no such user'
	[ "$TARGET" = native ] || return 0
	is 'the uid of who ran sudo' "$(field sudo.status Uid)" '1234 1234 1234 1234'
	is 'after exec' "$(cat exec.exit)" 159
}

judge() {
	judge_root
	[ "$TARGET" != bullseye ] || return 0
	judge_truth two
	judge_whole two
	judge_status two.status
	judge_objects
	judge_status bpf.status
	says no-stats 1 '--bpf-stats' 'CAP_SYS_ADMIN is missing' sudo
	says none 1 'CAP_BPF and CAP_PERFMON missing'
	says no-bpf 1 'CAP_BPF missing' '!CAP_PERFMON missing'
	says no-perfmon 1 'CAP_PERFMON missing' '!CAP_BPF missing'
	says doctor-two 0
	judge_doctor
	says doctor-none 1 'CAP_BPF and CAP_PERFMON' 'sudo ringside doctor'
	says doctor-no-bpf 1 'CAP_BPF missing'
	says doctor-no-perfmon 1 'CAP_PERFMON missing'
	[ "$TARGET" != native ] || return 0
	says kprobe-3 1 CAP_SYS_ADMIN 'kernel.perf_event_paranoid=2'
	says doctor-kprobe-3 1 CAP_SYS_ADMIN 'sudo sysctl kernel.perf_event_paranoid=2'
	judge_status kprobe-admin.status
	judge_status kprobe-2.status
	judge_whole kprobe-2
}
