#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: hostile.sh TESTDATA CGROUPS CONTAINER OTHER TASKS
#
# What a container can do to hide another, all at once, bounded, and harmless to the machine. CGROUPS is
# the folder of the memory cgroups; CONTAINER is its own below it, which is there; OTHER is the id of
# the other one. It denies its own processes thousands of different calls, from a program with a path
# as long as they get, in its own cgroup and in those it makes below; gives these the names of other
# containers, pods and services; and makes cgroups and removes them, without end. Prints what
# trigger-storm prints, a line for each. TASKS: how busy it is, 1 to 4.
set -eu
testdata=$1 cgroups=$2 container=$3 other=$4 tasks=$5

# A path of nearly 4,000 bytes.
name=$(printf '%0200d' 0)
long=$PWD/hostile-path
while [ ${#long} -lt 3700 ]; do
	long=$long/$name
done
mkdir -p "$long"
cp "$testdata/trigger-storm" "$long/storm"

storm() { # CGROUP OPTION…
	cgroup=$1
	shift
	"$long/storm" --cgroup "$container/$cgroup" "$@"
}

# Rows without end: in one cgroup, then in others below the same container.
rows() {
	storm keys --tasks "$tasks" --count 9000 --distinct 9000
	for child in $(seq 32); do
		storm "child-$child" --count 300 --distinct 300
	done
}

# Who am I?
names() {
	pod=0b2ce5a0-7b4c-4d8f-9b0e-3f6f2f0c7a11
	storm "docker/$other" --count 50
	storm "kubepods/burstable/pod$pod/$other" --count 50
	storm "system.slice/docker-$other.scope" --count 50
	storm ssh.service --count 50
}

# Many processes, each with its own first event, in many cgroups.
threads() {
	storm threads --tasks $((16 * tasks)) --count 100 --distinct 20
	storm loop --count 2000 --per-cgroup 10 --distinct 5
}

# Cgroups that come and go, and never had an event.
gone() {
	some=$(seq 500)
	mkdir "$cgroups/$container/gone"
	cd "$cgroups/$container/gone"
	batch=0
	while [ $batch -lt 20 ]; do
		batch=$((batch + 1))
		# shellcheck disable=SC2086 # words
		mkdir $some && rmdir $some
	done
	cd /
	rmdir "$cgroups/$container/gone"
}

rows &
names &
threads &
gone &
wait
