"""Somebody else's login service: it signs tokens with PyJWT, and publishes its keys over real HTTPS."""

import contextlib
import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import tempfile
import threading
import time

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

SECRET = "a secret of at least thirty-two characters"


def claims(room="*", name=None, sub=None, seconds=3600, without=(), **more):
    grant = {"room": room} | more.pop("grant", {})
    body = {"exp": int(time.time() + seconds), "iat": int(time.time()), "parley": grant}
    body |= {"name": name} if name else {}
    body |= {"sub": sub} if sub else {}
    return {key: value for key, value in (body | more).items() if key not in without}


def token(secret=SECRET, algorithm="HS256", headers=None, **more):
    return jwt.encode(claims(**more), secret, algorithm=algorithm, headers=headers)


class Issuer:
    """`with Issuer() as issuer:` publishes its keys at `issuer.url`; `issuer.roots` is the file that vouches for it."""

    def __init__(self):
        self.keys = {}
        self.is_down = False
        self.requests = 0
        # So long its key set is, filled up with spaces.
        self.bytes = 0

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.roots = str(pathlib.Path(self._folder.name, "roots.pem"))
        private = str(pathlib.Path(self._folder.name, "key.pem"))
        self._certify(self.roots, private)
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.requests += 1
                body = json.dumps({"keys": [key.public for key in issuer.keys.values()]}).ljust(issuer.bytes).encode()
                self.send_response(503 if issuer.is_down else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.roots, private)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}/jwks.json"
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def _certify(self, certificate, private):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.datetime.now(datetime.timezone.utc)
        built = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256()))
        pathlib.Path(certificate).write_bytes(built.public_bytes(serialization.Encoding.PEM))
        pathlib.Path(private).write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def rotate(self, kid, algorithm="RS256", keeps=False):
        """From now on this key signs; with `keeps` the earlier ones stay published."""
        if not keeps:
            self.keys.clear()
        self.keys[kid] = Key(kid, algorithm)
        return self.keys[kid]


class Key:
    def __init__(self, kid, algorithm):
        make = {"RS256": lambda: rsa.generate_private_key(65537, 2048),
                "PS256": lambda: rsa.generate_private_key(65537, 2048),
                "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
                "EdDSA": ed25519.Ed25519PrivateKey.generate}[algorithm]
        self.kid, self.algorithm, self.private = kid, algorithm, make()
        kind = {"RS256": jwt.algorithms.RSAAlgorithm, "PS256": jwt.algorithms.RSAAlgorithm,
                "ES256": jwt.algorithms.ECAlgorithm, "ES384": jwt.algorithms.ECAlgorithm,
                "EdDSA": jwt.algorithms.OKPAlgorithm}[algorithm]
        self.public = json.loads(kind.to_jwk(self.private.public_key())) | {"kid": kid, "use": "sig", "alg": algorithm}

    def token(self, **more):
        return jwt.encode(claims(**more), self.private, algorithm=self.algorithm, headers={"kid": self.kid})


@contextlib.contextmanager
def file_with(text):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        yield file.name
