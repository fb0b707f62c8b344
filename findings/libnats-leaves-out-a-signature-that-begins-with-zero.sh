#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libnats 3.4.1 (Debian 12): what one would guess: a client that has an nkey (natsOptions_SetNKeyFromSeed, or a
# credentials file) signs the nonce of each server it connects to, and sends the signature in CONNECT. What happens: of
# 256 logins one, on average, goes out without "sig", and the server refuses it ("Authorization Violation"), with the
# right key. The raw signature is looked at as if it were text: one whose first byte is 0 counts as an empty string. The
# nonce is new at each connection, so that the next try works. Who connects once at a start, and takes a refusal for the
# end, fails to start now and then for no reason that anybody can see: try again a few times before it is told.
# 4,000 logins here, at a server that only says INFO with a new nonce and reads the CONNECT: some 16 come without a
# signature, and of those that come none begins with a zero byte.
# Usage: findings/libnats-leaves-out-a-signature-that-begins-with-zero.sh   (x86-64; apt-get, dpkg-deb, gcc, python3; exit
# 1 if that changes; a quarter of a minute)
set -euo pipefail

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download libnats3.4=3.4.1-1+b1 libnats-dev=3.4.1-1+b1 libprotobuf-c1 2>/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" tree; done

cat >login.c <<'C'
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 4000 };

int main(int argc, char **argv)
{
	(void)argc;
	for (int i = 0; i < COUNT; i++) {
		natsConnection *connection = NULL;
		natsOptions *options;

		if (natsOptions_Create(&options) || natsOptions_SetURL(options, argv[1]) ||
		    natsOptions_SetNKeyFromSeed(options, argv[2], "seed"))
			return 1;
		/* this server refuses nobody */
		if (natsConnection_Connect(&connection, options))
			return 1;
		natsConnection_Destroy(connection);
		natsOptions_Destroy(options);
	}
	return 0;
}
C

# A user's key (nkeys: kind, 32 bytes, CRC-16, in base32), and the server.
cat >server.py <<'PYTHON'
import base64, json, os, socket

def nkey(prefix, data):
    data, crc = bytes(prefix) + data, 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return base64.b32encode(data + crc.to_bytes(2, "little")).decode().rstrip("=")

with open("seed", "w", encoding="ascii") as seed:
    seed.write(nkey([18 << 3 | 20 >> 2, 0], bytes(range(32))))
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
print(port, nkey([20 << 3], bytes(32)), flush=True)
logins = without = zero = 0
for _ in range(4000):
    client, _ = listener.accept()
    nonce = base64.urlsafe_b64encode(os.urandom(11)).decode().rstrip("=")
    info = {"server_id": "S", "version": "2.9.10", "host": "127.0.0.1", "port": port, "proto": 1, "headers": True,
            "max_payload": 1 << 20, "auth_required": True, "nonce": nonce}
    client.sendall(b"INFO " + json.dumps(info).encode() + b"\r\n")
    data = b""
    while b"PING\r\n" not in data:
        data += client.recv(4096)
    signature = json.loads(data.split(b"CONNECT ")[1].split(b"\r\n")[0]).get("sig")
    logins += 1
    without += not signature
    zero += bool(signature) and not base64.urlsafe_b64decode(signature + "==")[0]
    client.sendall(b"PONG\r\n")
    client.close()
print(f"{logins} logins: {without} without a signature, {zero} with one that begins with a zero byte", flush=True)
PYTHON

gcc -Itree/usr/include login.c -o login "$(find "$PWD/tree" -name 'libnats.so.3.4*' -type f -print -quit)" \
	-Wl,--allow-shlib-undefined
exec {said}< <(exec python3 server.py)
server=$!
read -r port public <&"$said"
LD_LIBRARY_PATH=$PWD/tree/usr/lib/x86_64-linux-gnu ./login "nats://127.0.0.1:$port" "$public"
read -r out <&"$said"
echo "$out"
if ! [[ $out =~ ^4000\ logins:\ ([0-9]+)\ without\ a\ signature,\ 0\ with && ${BASH_REMATCH[1]} -ge 3 && ${BASH_REMATCH[1]} -le 40 ]]; then
	echo "changed" >&2
	exit 1
fi
