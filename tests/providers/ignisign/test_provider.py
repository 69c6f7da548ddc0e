import sys
from typing import Any

import attrs
import pytest

from paraph.model import Assurance, Document, Level, Severity
from paraph_ignisign import CAPABILITIES, checks, paraph_provider
from paraph_ignisign.provider import IgnisignProvider
from support.ignisign_account import TENANT, account, envelope, person

ACCOUNT = account()

# Checks without requests


def codes(**changes: Any) -> list[str]:
    """Return what the vendor cannot be told of an envelope with these changes."""
    return [problem.code for problem in checks.check(envelope(**changes), ACCOUNT)]


def test_a_plain_envelope_can_be_told() -> None:
    """The control: nothing is wrong with the envelope that the other checks change, nor at a limit."""
    assert [] == codes()
    assert [] == codes(title="x" * 1024, message="x" * 4096)


def test_what_the_vendor_cannot_be_told_is_found() -> None:
    """Limits of the vendor, each with its code."""
    json_documents = [Document.from_json({}, name="a.json"), Document.from_json({}, name="b.json")]
    assert ["title.long"] == codes(title="x" * 1025)
    assert ["message.long"] == codes(message="x" * 4097)
    assert ["level.unsupported"] == codes(assurance=Assurance(level=Level.AES_QC))
    assert ["country.unknown"] == codes(signatories=[person(nationality="GP")])
    assert ["country.unknown"] == codes(signatories=[person(birth_country="MQ")])
    assert ["given_name.missing", "family_name.missing", "email.missing"] == codes(
        signatories=[person(given_name="", family_name="", email="")]
    )
    assert ["document.second_json"] == codes(documents=json_documents)
    assert ["document.extension"] == codes(documents=[Document.from_bytes(b"x", name="run.exe")])
    assert ["language.unknown"] == codes(language="tlh")


def test_an_unknown_language_is_a_warning_only() -> None:
    """Sources disagree about languages: one outside their union is passed on, with a warning."""
    (problem,) = checks.check(envelope(language="xx"), ACCOUNT)
    assert Severity.WARNING is problem.severity
    assert "XX" == checks.language_of(envelope(language="xx"))
    assert checks.language_of(envelope()) is None


def test_levels_may_differ_by_delivery_only() -> None:
    """One method per signer profile: two levels with one way of delivery cannot be told."""
    qes = Assurance(level=Level.QES)
    assert ["level.mixed"] == codes(signatories=[person("a"), person("b", assurance=qes)])
    assert [] == codes(signatories=[person("a"), person("b", assurance=qes, delivery="link")])


@pytest.mark.parametrize("reference", ["envelope", "signatory"])
def test_two_signatories_with_one_reference_are_refused_before_anything_is_made(reference: str) -> None:
    """One reference is one signer at the vendor: a blocking problem of the check, that makes no request."""
    twice = envelope(signatories=[person("ada"), person("ada", email="other@example.org")])
    found = checks.check(twice, account(signer_reference=reference))
    assert [("signatories[1]", "signer.same", True)] == [
        (each.path, each.code, each.blocking) for each in found
    ]


def test_one_person_twice_is_a_warning_only() -> None:
    """One name and e-mail address may be one signer at the vendor; one e-mail address alone is none."""
    parties = [person("a", email="a@example.org"), person("b", email="A@example.org")]
    (found,) = checks.check(envelope(signatories=parties), ACCOUNT)
    assert ("signatories[1]", "signer.alike", False) == (found.path, found.code, found.blocking)
    assert "example" not in str(found)
    others = [person("a", email="a@example.org"), person("b", given_name="Bob", email="a@example.org")]
    assert () == checks.check(envelope(signatories=others), ACCOUNT)


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        (Assurance(), Level.SES),
        (Assurance(floor=Level.AES), Level.AES),
        (Assurance(floor=Level.AES_QC), Level.QES),
        (Assurance(level=Level.AES_QC), Level.AES_QC),
        (Assurance(level=Level.QES, floor=Level.AES), Level.QES),
    ],
)
def test_the_level_is_never_below_the_floor(asked: Assurance, level: Level) -> None:
    """The level asked for counts; where only a floor is named the weakest offered above it, or else SES."""
    assert level is checks.level_of(envelope(assurance=asked), person())


def test_the_sms_method_needs_a_phone() -> None:
    """AES by ADVANCED_SMS cannot be done without a mobile number."""
    aes = envelope(assurance=Assurance(level=Level.AES))
    by_sms = account(aes_method="ADVANCED_SMS")
    assert ["phone.missing"] == [problem.code for problem in checks.check(aes, by_sms)]
    assert () == checks.check(aes, ACCOUNT)


# The provider object


def test_the_description_is_light_and_true() -> None:
    """The plugin is described without HTTP or converter; the provider has what it declares."""
    info = paraph_provider()
    provider = info.build()
    assert isinstance(provider, IgnisignProvider)
    assert (info.name, CAPABILITIES) == (provider.info.name, provider.capabilities(ACCOUNT))
    assert (TENANT, "https://api.ignisign.io") == (provider.tenant(ACCOUNT), provider.origin(ACCOUNT))


def test_describing_the_plugin_imports_nothing_heavy() -> None:
    """A fresh interpreter that only asks for the description has loaded neither httpx nor cattrs."""
    import subprocess

    program = (
        "import sys, paraph_ignisign; paraph_ignisign.paraph_provider();"
        "print([name for name in ('httpx', 'cattrs', 'sqlalchemy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.strip()


def test_without_an_own_url_there_is_no_event_list() -> None:
    """Past deliveries are listed by endpoint, so an account without one does not offer them."""
    lonely = attrs.evolve(ACCOUNT, public_url=None)
    offered = IgnisignProvider().capabilities(lonely).supported
    assert {"event_list"} == {word.value for word in CAPABILITIES.supported - offered}
