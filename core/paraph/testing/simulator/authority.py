"""A certificate authority that lives in memory for one run of a simulator.

One self-signed root issues one leaf per signatory. Nothing here is trusted by anybody who was not handed
`root_pem`, which is the point: a judge trusts exactly this root and no other.
"""

import threading
from datetime import UTC, datetime, timedelta

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALIDITY = timedelta(days=30 * 365)
_MAX_COMMON_NAME = 64  # RFC 5280's upper bound of a common name, which the library counts in UTF-8 bytes


@attrs.frozen(kw_only=True)
class SigningIdentity:
    """A signatory's certificate with its private key; `issuer` is the root that signed it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)
    issuer: x509.Certificate

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


def _name(common_name: str) -> x509.Name:
    fitting = common_name.encode("utf-8", "ignore")[:_MAX_COMMON_NAME].decode("utf-8", "ignore")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, fitting or "unnamed")])


def _key_usage(*, signs_documents: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_documents,
        content_commitment=signs_documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_documents,
        crl_sign=not signs_documents,
        encipher_only=False,
        decipher_only=False,
    )


class CertificateAuthority:
    """A fresh root (ECDSA P-256) made on construction; issues one identity per signatory reference."""

    def __init__(self, name: str = "Simulated signature authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        # Certificates outlive any jump of the simulated clock, so a judge at real time and one at
        # simulated time agree.
        self._from = datetime.now(UTC) - timedelta(days=1)
        self._lock = threading.Lock()
        self._issued: dict[str, SigningIdentity] = {}
        public = self._key.public_key()
        self.root = (
            self._builder(_name(name), _name(name), public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_documents=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def root_pem(self) -> str:
        """The root certificate as PEM: what a judge of signatures has to trust."""
        return self.root.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def issue(self, common_name: str, *, reference: str) -> SigningIdentity:
        """Return the identity of `reference`, issued to `common_name` the first time it is asked for."""
        with self._lock:
            if reference not in self._issued:
                self._issued[reference] = self._leaf(common_name)
            return self._issued[reference]

    def _leaf(self, common_name: str) -> SigningIdentity:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(_name(common_name), self.root.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_documents=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return SigningIdentity(certificate=certificate, key=key, issuer=self.root)

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._from + _VALIDITY)
        )
