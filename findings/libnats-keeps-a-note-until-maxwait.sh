#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libnats 3.4.1 (Debian 12): what one would guess: once an asynchronous publish to JetStream is acknowledged, nothing
# of it is left in memory, with jsPubOptions.MaxWait or without. What happens: with MaxWait the library keeps a note
# of each message until that time is over, however early the acknowledgement came. 50,000 messages of 300 bytes,
# published with MaxWait of 20 s and all acknowledged after a second or two: js_PublishAsyncComplete() has returned,
# and 80 bytes for each of them are still in use, until 20 s after each was published; without MaxWait
# next to nothing is. Who publishes 30,000 a second with a MaxWait of 5 s holds 150,000 notes, and glibc's heap, in
# which they lie between blocks that come free, does not shrink either. A time limit for each message is better
# kept by whoever publishes.
# Usage: findings/libnats-keeps-a-note-until-maxwait.sh   (x86-64; apt-get, dpkg-deb, gcc, python3; exit 1 if that
# changes; half a minute)
set -euo pipefail

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download libnats3.4=3.4.1-1+b1 libnats-dev=3.4.1-1+b1 nats-server=2.9.10-1+b3 libprotobuf-c1 2>/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" tree; done

cat >publish.c <<'C'
#include <malloc.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 50000, SIZE = 300, WAIT_MS = 20000 };

static long in_use(void)
{
	return (long)mallinfo2().uordblks;
}

static void must(natsStatus status)
{
	if (status != NATS_OK) {
		fprintf(stderr, "%s\n", natsStatus_GetText(status));
		exit(1);
	}
}

/* Bytes a message that are in use once all are acknowledged, and after MaxWait. */
static void publish(jsCtx *js, int64_t max_wait)
{
	static char body[SIZE];
	jsPubOptions options, whole;
	long before;

	must(jsPubOptions_Init(&options));
	must(jsPubOptions_Init(&whole));
	options.MaxWait = max_wait;
	whole.MaxWait = WAIT_MS;
	before = in_use();
	for (int i = 0; i < COUNT; i++)
		must(js_PublishAsync(js, "events", body, SIZE, &options));
	must(js_PublishAsyncComplete(js, &whole));
	printf("MaxWait %lld ms: acknowledged, %ld bytes a message", (long long)max_wait,
	       (in_use() - before) / COUNT);
	sleep(WAIT_MS / 1000 + 1);
	printf("; later %ld\n", (in_use() - before) / COUNT);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	natsConnection *connection;
	jsStreamConfig config;
	jsOptions options;
	jsCtx *js;

	(void)argc;
	mallopt(M_ARENA_MAX, 1);
	must(natsConnection_ConnectTo(&connection, argv[1]));
	must(jsOptions_Init(&options));
	options.PublishAsync.MaxPending = 1000;
	options.PublishAsync.StallWait = WAIT_MS;
	must(natsConnection_JetStream(&js, connection, &options));
	must(jsStreamConfig_Init(&config));
	config.Name = "S";
	config.Subjects = (const char *[]){"events"};
	config.SubjectsLen = 1;
	must(js_AddStream(NULL, js, &config, NULL, NULL));
	publish(js, 0);
	publish(js, WAIT_MS);
	return 0;
}
C
gcc -Itree/usr/include publish.c -o publish "$(find "$PWD/tree" -name 'libnats.so.3.4*' -type f -print -quit)" \
	-Wl,--allow-shlib-undefined
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
tree/usr/sbin/nats-server -a 127.0.0.1 -p "$port" -js -sd store >log 2>&1 &
server=$!
for ((i = 0; i < 100; i++)); do
	! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	sleep 0.1
done
out=$(LD_LIBRARY_PATH=$PWD/tree/usr/lib/x86_64-linux-gnu ./publish "nats://127.0.0.1:$port")
echo "$out"
numbers='MaxWait 0 ms: acknowledged, ([0-9-]+) bytes.*MaxWait 20000 ms: acknowledged, ([0-9-]+) bytes a message; later ([0-9-]+)'
if ! [[ $out =~ $numbers && ${BASH_REMATCH[1]} -lt 10 && ${BASH_REMATCH[2]} -gt 60 && ${BASH_REMATCH[3]} -lt 10 ]]; then
	echo "changed" >&2
	exit 1
fi
