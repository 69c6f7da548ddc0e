"""A detached JSON Web Signature (RFC 7515, appendix F): what proves a signature of anything but a PDF."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from paraph.testing.simulator import SigningIdentity

_P256_BYTES = 32


def detached(payload: bytes, identity: SigningIdentity) -> str:
    """Return `header..signature` in compact form: ES256 over `payload`, which is left out."""
    header = {"alg": "ES256", "x5c": [base64.b64encode(identity.der).decode("ascii")]}
    head = _encode(json.dumps(header, separators=(",", ":")).encode())
    raw = identity.key.sign(f"{head}.{_encode(payload)}".encode(), ec.ECDSA(hashes.SHA256()))
    first, second = decode_dss_signature(raw)
    return f"{head}..{_encode(first.to_bytes(_P256_BYTES) + second.to_bytes(_P256_BYTES))}"


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
