"""An authority that signs certificates for tests, and what clients need to believe it."""

import base64
import datetime
import hashlib
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL = ("localhost", "127.0.0.1", "::1", "parley.example")


def subject(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def general_name(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    def __init__(self, folder, name="A test's authority"):
        self.folder = Path(folder)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(subject(name), self.key.public_key(), [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)], issuer=subject(name))
        self.path = self.folder / f"{hashlib.sha256(pem(self.certificate)).hexdigest()[:8]}-authority.pem"
        self.path.write_bytes(pem(self.certificate))

    def _sign(self, name, public_key, extensions, issuer=None):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder().subject_name(name).issuer_name(issuer or self.certificate.subject)
            .public_key(public_key).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=30)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name="server", hosts=LOCAL, client=False):
        """`Files` with a certificate for these hosts, or for a client of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        certificate = self._sign(subject(name), key.public_key(), [
            (x509.SubjectAlternativeName([general_name(host) for host in hosts]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([usage]), False)])
        return Files(self.folder, name, certificate, key)

    def trusted(self, *client):
        """For a client that believes this authority alone; `client`: the files of its own certificate."""
        context = ssl.create_default_context(cafile=self.path)
        for files in client:
            context.load_cert_chain(files.certificate, files.key)
        return context


class Files:
    def __init__(self, folder, name, certificate, key):
        self.certificate = Path(folder) / f"{name}.pem"
        self.key = Path(folder) / f"{name}.key"
        self.contents = pem(certificate), pem(key)
        self.x509 = certificate
        self.write(self)

    @property
    def flags(self):
        return "--tls-certificate", str(self.certificate), "--tls-key", str(self.key)

    @property
    def sha256(self):
        """As the server's log has it."""
        return self.x509.fingerprint(hashes.SHA256()).hex()

    @property
    def key_hash(self):
        """What Chromium's --ignore-certificate-errors-spki-list takes."""
        key = self.x509.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    def write(self, other):
        """Puts what is in `other` in place of what is here."""
        self.certificate.write_bytes(other.contents[0])
        self.key.write_bytes(other.contents[1])


def shown(writer):
    """The SHA-256 of the certificate that the other side of a connection has shown."""
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return hashlib.sha256(der).hexdigest()
