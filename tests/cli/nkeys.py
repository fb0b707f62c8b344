# SPDX-License-Identifier: Apache-2.0
"""NATS' keys and the claims that are signed with them, as its documentation has them: no nsc is to be had for tests."""
import base64
import hashlib
import json
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED = 18 << 3
KINDS = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
EVERYTHING = {"subs": -1, "data": -1, "payload": -1}


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc.to_bytes(2, "little")


def base32(data):
    return base64.b32encode(data).decode().rstrip("=")


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    def __init__(self, kind):
        self.kind, prefix = kind, KINDS[kind]
        self.key = Ed25519PrivateKey.generate()
        raw = self.key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                     serialization.NoEncryption())
        public = bytes([prefix]) + self.key.public_key().public_bytes(serialization.Encoding.Raw,
                                                                      serialization.PublicFormat.Raw)
        seed = bytes([SEED | prefix >> 5, (prefix & 31) << 3]) + raw
        self.public = base32(public + crc16(public))
        self.seed = base32(seed + crc16(seed))

    def sign(self, text):
        return base64url(self.key.sign(text.encode()))

    def claim(self, of, name, expires=None, **nats):
        """What this key says of @of, a JWT."""
        now = int(time.time())
        claims = {"iat": now, "iss": self.public, "name": name, "sub": of.public,
                  "nats": {**nats, "type": of.kind, "version": 2}}
        if expires is not None:
            claims["exp"] = now + expires
        claims["jti"] = base32(hashlib.sha256(json.dumps(claims).encode()).digest())
        parts = [base64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, claims)]
        return ".".join([*parts, self.sign(".".join(parts))])


class Operator:
    """One with an account that has JetStream, and the system's, which JetStream wants."""

    def __init__(self):
        self.key, self.account, system = Key("operator"), Key("account"), Key("account")
        limits = {**EVERYTHING, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1}
        store = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
        self.configuration = f"""
operator: {self.key.claim(self.key, "operator")}
system_account: {system.public}
resolver: MEMORY
resolver_preload: {{
    {system.public}: {self.key.claim(system, "system", limits=limits)}
    {self.account.public}: {self.key.claim(self.account, "fleet", limits={**limits, **store})}
}}
"""

    def user(self, name, by=None, **more):
        """Its key and its JWT; by: another account's key."""
        key = Key("user")
        return key, (by or self.account).claim(key, name, **{**EVERYTHING, **more})


def credentials(key, jwt):
    """What a file of creds has."""
    return (f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{key.seed}\n------END USER NKEY SEED------\n").encode()
