"""Signed messages over a hash that somebody else computed: a detached signature and a time-stamp.

Both are real CMS (RFC 5652): a judge who trusts the simulator's authority verifies them. The time-stamp token
is RFC 3161's; its certificate is an ordinary one of the authority, without the time-stamping purpose.
"""

import asyncio
import secrets
from datetime import datetime

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped]  # no types there
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from paraph.testing.simulator import SigningIdentity

_POLICY = "1.3.6.1.4.1.4146.2.2"  # the one that pyHanko's own test authority names


def detached(identity: SigningIdentity, digest: bytes, at: datetime) -> bytes:
    """Return a detached PKCS#7 signature (DER) of what has the SHA-256 `digest`. Not inside an event loop."""
    signed = asyncio.run(
        _signer(identity).async_sign(
            digest,
            "sha256",
            is_pdf_sig=False,
            signed_attr_settings=PdfCMSSignedAttributes(signing_time=at),
        )
    )
    return bytes(signed.dump())


def timestamp(identity: SigningIdentity, digest: bytes, at: datetime) -> bytes:
    """Return a time-stamp token (DER) that the SHA-256 `digest` existed `at`. Not inside an event loop."""
    stated = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": tsp.ObjectIdentifier(_POLICY),
            "message_imprint": {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "hashed_message": digest,
            },
            "serial_number": secrets.randbits(63),
            "gen_time": at.replace(microsecond=0),
        }
    )
    content = cms.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": core.ParsableOctetString(stated.dump())}
    )
    token = asyncio.run(_signer(identity).async_sign_general_data(content, "sha256", detached=False))
    return bytes(token.dump())


def _signer(identity: SigningIdentity) -> SimpleSigner:
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    roots = load_certs_from_pemder_data(identity.issuer.public_bytes(Encoding.DER))
    return SimpleSigner(
        signing_cert=next(iter(load_certs_from_pemder_data(identity.der))),
        signing_key=load_private_key_from_pemder_data(key, passphrase=None),
        cert_registry=SimpleCertificateStore.from_certs(roots),  # type: ignore[no-untyped-call]  # no types there
    )
