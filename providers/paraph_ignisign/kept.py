"""Names of the secrets that the vendor tells once and the store keeps."""

from __future__ import annotations


def signer_secret(signer_id: str) -> str:
    """Name a signer's secret, which the embedded signing page asks for."""
    return f"signer-secret:{signer_id}"


def signing_token(signer_id: str, request_id: str) -> str:
    """Name the token of one signer's signing page in one request."""
    return f"signing-token:{signer_id}:{request_id}"
