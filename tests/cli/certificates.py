# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests: of an authority of their own, right ones and such that nobody should take."""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def write_secret(name, data):
    with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
        f.write(data)
    return name


def alternative(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """NAME.pem is its certificate."""

    def __init__(self, name):
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        builder = self.builder(self.name, self.key, (-10, 10)).add_extension(x509.BasicConstraints(True, None), critical=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.file = name + ".pem"
        with open(self.file, "wb") as f:
            f.write(self.certificate.public_bytes(serialization.Encoding.PEM))

    def builder(self, subject, key, days):
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now + datetime.timedelta(days=days[0]))
                .not_valid_after(now + datetime.timedelta(days=days[1])))

    def sign(self, name, hosts=("localhost", "127.0.0.1"), days=(-2, 2)):
        """NAME.pem and NAME.key, for a server or a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (self.builder(subject, key, days).add_extension(usage, critical=False)
                       .add_extension(x509.SubjectAlternativeName([alternative(host) for host in hosts]), critical=False)
                       .sign(self.key, hashes.SHA256()))
        with open(name + ".pem", "wb") as f:
            f.write(certificate.public_bytes(serialization.Encoding.PEM))
        write_secret(name + ".key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                      serialization.NoEncryption()))
        return name + ".pem", name + ".key"
