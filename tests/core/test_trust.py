"""TLS trust is read once for all clients that present no certificate."""

from __future__ import annotations

from pathlib import Path

import pytest

from paraph.flow.session import client_options
from paraph.flow.trust import trusted
from paraph.provider import ClientCertificate
from support.certificates import Authority


def test_clients_share_what_they_believe() -> None:
    """Two clients without a certificate verify servers with one context, which does verify."""
    assert client_options()["verify"] is client_options()["verify"] is trusted()
    assert trusted().check_hostname


def test_another_place_of_authorities_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names is believed from then on, and what it named before is no more."""
    usual = trusted()
    with monkeypatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(Authority(tmp_path).path))
        assert usual is not trusted()
        assert 1 == len(trusted().get_ca_certs())
    assert usual is trusted()


def test_a_certificate_never_enters_what_is_shared(tmp_path: Path) -> None:
    """Who presents a certificate has a context of their own, each time."""
    certificate, key = Authority(tmp_path).issue("one")
    own = ClientCertificate(certificate=certificate, key=key)
    first, second = (client_options(own)["verify"] for _ in range(2))
    assert 3 == len({id(first), id(second), id(trusted())})
