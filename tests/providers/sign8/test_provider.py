import subprocess
import sys
from pathlib import Path

import pytest

from paraph.errors import ConfigurationError
from paraph.model import Secret
from paraph.provider import (
    Cancels,
    Capability,
    ClientCertificate,
    GivesLinks,
    OffersActions,
    PresentsCertificate,
    ReadsHeaders,
    Reminds,
    SuppliesEvidence,
)
from paraph.provider.registry import Registry
from paraph_sign8 import paraph_provider
from paraph_sign8.dialect import parse
from paraph_sign8.dialect.writing import to_table
from paraph_sign8.provider import Sign8Provider
from paraph_sign8.settings import BearerAuth, CertificateAuth
from support.hand import answer_of
from support.sign8_account import BASE, TENANT, account, dialect, envelope

PROVIDER = Sign8Provider()


def test_the_registry_takes_it() -> None:
    """The installed plugin is found by its name, and its type has every ability that it declares."""
    provider = Registry().provider("sign8")
    assert "SIGN8" == provider.info.title
    for ability in (
        Cancels,
        Reminds,
        GivesLinks,
        SuppliesEvidence,
        OffersActions,
        ReadsHeaders,
        PresentsCertificate,
    ):
        assert isinstance(provider, ability)


def test_describing_it_is_cheap() -> None:
    """Importing the plugin loads neither the HTTP library nor a converter."""
    code = "import sys, paraph_sign8; print([m for m in ('httpx', 'cattrs', 'pypdf') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "[]" == ran.stdout.strip()


def test_the_tenant_is_the_organisation_in_one_environment() -> None:
    """Production and test system share nothing, so both are part of what makes an event unique."""
    assert TENANT == PROVIDER.tenant(account())
    assert BASE == PROVIDER.origin(account())


def test_an_account_without_a_server_has_no_tenant() -> None:
    """Nothing is assumed about hosts: the account cannot be used, and the error says what to set."""
    with pytest.raises(ConfigurationError, match="base_url"):
        PROVIDER.tenant(account(base_url=""))


def test_a_credential_that_cannot_be_sent_is_refused_before_any_request() -> None:
    """A secret with a line break makes the account unusable, and is not shown."""
    wrong = account(auth=BearerAuth(token=Secret("canary\r\nX: y")))
    with pytest.raises(ConfigurationError, match=r"auth\.token") as caught:
        PROVIDER.tenant(wrong)
    assert "canary" not in str(caught.value)


def test_production_does_not_run_on_assumptions() -> None:
    """A production account with assumed parts is refused unless its configuration accepts them."""
    with pytest.raises(ConfigurationError, match="dialect show"):
        PROVIDER.tenant(account({}, environment="production"))
    assert "org-1/production" == PROVIDER.tenant(
        account({}, environment="production", accept_assumptions=True)
    )
    configured = {**to_table(parse(dialect()), complete=True), "base": "default"}
    assert "org-1/production" == PROVIDER.tenant(account(configured, environment="production"))


def test_a_certificate_is_presented_only_if_that_is_the_way() -> None:
    """The TLS layer gets certificate, key and password of an account that authenticates so."""
    auth = CertificateAuth(certificate=Path("c.pem"), key=Path("k.pem"), password=Secret("p"))
    expected = ClientCertificate(certificate=Path("c.pem"), key=Path("k.pem"), password=Secret("p"))
    assert expected == PROVIDER.client_certificate(account(auth=auth))
    assert PROVIDER.client_certificate(account()) is None


def test_the_token_header_is_kept_with_a_delivery() -> None:
    """The header of the extra secret is asked for exactly if a token is configured and stands in one."""
    named = dialect(webhooks__token_header="X-Our-Token")
    token = Secret("t")
    assert {"x-our-token"} == PROVIDER.webhook_headers(account(named, webhook_token=token))
    assert frozenset() == PROVIDER.webhook_headers(account(named))
    in_path = dialect(webhooks__token="path")
    assert frozenset() == PROVIDER.webhook_headers(account(in_path, webhook_token=token))
    assert "organisation_id" in paraph_provider().webhook_headers


def test_there_is_nothing_to_read_beforehand() -> None:
    """Preflight asks nobody and finds nothing that the check did not."""
    assert () == answer_of(PROVIDER.preflight(envelope(), account()))


def test_capabilities_are_the_accounts_own() -> None:
    """An account is asked by its dialect, not by the plugin."""
    assert Capability.READ_STATUS in PROVIDER.capabilities(account())
    assert Capability.READ_STATUS not in PROVIDER.capabilities(account({}))
