"""A certificate authority for one run: certificates for whatever host a client asks for through the proxy."""
import copy
import datetime
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


class Authority:
    def __init__(self, directory):
        self.directory, self.lock, self.contexts = directory, threading.Lock(), {}
        # One key for all: they live as long as this process.
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.serial = 0
        self.root = self.certificate("tests of guard", authority=True)
        self.root_file = directory / "ca.pem"
        self.root_file.write_bytes(self.root.public_bytes(serialization.Encoding.PEM))
        self.private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def elsewhere(self, directory):
        """The same authority with its hosts' files in another directory."""
        other = copy.copy(self)
        other.directory, other.lock, other.contexts = directory, threading.Lock(), {}
        return other

    def certificate(self, subject, authority=False):
        self.serial += 1
        now = datetime.datetime.now(datetime.timezone.utc)
        issuer = name(subject) if authority else self.root.subject
        made = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(issuer)
                .public_key(self.key.public_key()).serial_number(self.serial)
                .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
        if not authority:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def context(self, host):
        """A TLS server's context that shows a certificate for this host."""
        with self.lock:
            if host not in self.contexts:
                file = self.directory / f"host-{len(self.contexts)}.pem"
                file.write_bytes(self.certificate(host).public_bytes(serialization.Encoding.PEM) + self.private)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(file)
                self.contexts[host] = context
            return self.contexts[host]
