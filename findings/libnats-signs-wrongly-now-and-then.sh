#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libnats 3.4.1 (Debian 12): what one would guess: a login with an nkey, or with a JWT, is taken or is not, the same each
# time. What happens: one of some 250 logins with the right key is refused ("Authorization Violation"), because the
# signature of the server's nonce is wrong; the next one is taken. Python's ed25519 signed 1,100 of 1,100 rightly for the
# same server. So who signs with libnats asks more than once before believing that a key is not known.
# Usage: findings/libnats-signs-wrongly-now-and-then.sh   (x86-64; apt-get, dpkg-deb, gcc, openssl, python3; exit 1 if
# that changes; half a minute)
set -euo pipefail

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download libnats3.4=3.4.1-1+b1 libnats-dev=3.4.1-1+b1 nats-server=2.9.10-1+b3 libprotobuf-c1 2>/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" tree; done

openssl genpkey -algorithm ed25519 -outform DER -out key.der
openssl pkey -in key.der -inform DER -pubout -outform DER -out public.der
python3 - >key.nk <<'PYTHON'
import base64


def encoded(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return base64.b32encode(data + crc.to_bytes(2, "little")).decode().rstrip("=")


USER = 20 << 3
print(encoded(bytes([18 << 3 | USER >> 5, (USER & 31) << 3]) + open("key.der", "rb").read()[-32:]))
print(encoded(bytes([USER]) + open("public.der", "rb").read()[-32:]))
PYTHON
public=$(tail -n 1 key.nk)
echo "authorization { users: [{ nkey: $public }] }" >server.conf

cat >login.c <<'C'
#include <nats/nats.h>
#include <stdio.h>

enum { LOGINS = 2000 };

int main(int argc, char **argv)
{
	int refused = 0;

	(void)argc;
	for (int i = 0; i < LOGINS; i++) {
		natsConnection *connection = NULL;
		natsOptions *options;

		if (natsOptions_Create(&options) || natsOptions_SetURL(options, argv[1]) ||
		    natsOptions_SetNKeyFromSeed(options, argv[2], "key.nk"))
			return 1;
		refused += natsConnection_Connect(&connection, options) == NATS_CONNECTION_AUTH_FAILED;
		natsConnection_Destroy(connection);
		natsOptions_Destroy(options);
	}
	printf("%d of %d logins with the right key are refused\n", refused, LOGINS);
	return 0;
}
C
gcc -Itree/usr/include login.c -o login "$(find "$PWD/tree" -name 'libnats.so.3.4*' -type f -print -quit)" \
	-Wl,--allow-shlib-undefined
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
tree/usr/sbin/nats-server -a 127.0.0.1 -p "$port" -c server.conf >log 2>&1 &
server=$!
for ((i = 0; i < 100; i++)); do
	! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	sleep 0.1
done
out=$(LD_LIBRARY_PATH=$PWD/tree/usr/lib/x86_64-linux-gnu ./login "nats://127.0.0.1:$port" "$public")
echo "$out"
if ! [[ $out =~ ^([0-9]+)\ of && ${BASH_REMATCH[1]} -gt 0 && ${BASH_REMATCH[1]} -lt 40 ]]; then
	echo "changed" >&2
	exit 1
fi
