"""Planning a send: signers and their references, profiles, and what the console forbids."""

import json

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paraph.errors import Refused
from paraph.flow.commands import Step, StepKind
from paraph.model import Assurance, Level, Verb
from paraph_ignisign import IgnisignOptions, checks, planning, sending
from support.hand import Talk
from support.ignisign_account import APP, APP_ID, account, carried, envelope, person
from support.ignisign_profiles import NEEDED, PROFILES, planned

LOCAL = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,5}", fullmatch=True)


@given(first=st.tuples(LOCAL, LOCAL), second=st.tuples(LOCAL, LOCAL))
@example(first=("a.b", "c"), second=("a", "b.c"))
def test_references_of_signers_do_not_collide(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Two signatories of two envelopes have one reference at the vendor only if both ids are equal."""
    one, other = (
        checks.external_id(envelope(id=name), person(local), account()) for name, local in (first, second)
    )
    assert (first == second) == (one == other)


def test_a_shared_signer_with_other_data_refuses_the_envelope() -> None:
    """A signer of the same reference with another name is a problem, and nothing of it is shown."""
    talk = Talk(planning.preflight(envelope(), account(signer_reference="signatory")))
    planned(talk)
    theirs = {"signerId": "s9", "externalId": "ada", "firstName": "Canary", "email": "ADA@example.org"}
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "ada"}, reply={"signers": [theirs]})
    assert ["signatories[0].given_name"] == [problem.path for problem in talk.result]
    assert "Canary" not in str(talk.result)
    assert "Ada" not in str(talk.result)


def test_a_shared_signer_with_the_same_data_is_reused() -> None:
    """A signer that is the same person is taken and not made again."""
    talk = Talk(sending.send(carried(), account(signer_reference="signatory")))
    planned(talk)
    theirs = {"_id": "s9", "externalId": "ada", "firstName": "Ada", "lastName": "Lovelace"}
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "ada"}, reply={"signers": [theirs]})
    talk.expect("POST", f"{APP}/signature-requests", reply={"signatureRequestId": "r1"})
    assert ("signatories", {"ada": "s9"}) in talk.known


def test_a_signer_that_the_vendor_matched_by_itself_is_compared() -> None:
    """Creating may answer "already exists": that person is read and compared before anything goes on."""
    talk = Talk(sending.send(carried(), account()))
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s9", "alreadyExists": True})
    with pytest.raises(Refused, match=r"signatories\[0\].family_name"):
        talk.expect("GET", f"{APP}/signers/s9", reply={"signerId": "s9", "lastName": "Canary"})


def test_two_signatories_must_not_become_one_signer() -> None:
    """Two signatories that the vendor takes for one person refuse the envelope."""
    talk = Talk(sending.send(carried(envelope(signatories=[person("a"), person("b")])), account()))
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s1"})
    with pytest.raises(Refused, match="two signatories for one person"):
        talk.expect("POST", f"{APP}/signers", reply={"signerId": "s1"})


# Profiles


def test_a_missing_profile_names_what_exists() -> None:
    """Without a fitting profile the problem says which option to set and which profiles there are."""
    talk = Talk(planning.preflight(envelope(), account(profile_email="Nobody")))
    talk.expect("GET", f"{APP}/signer-profiles", reply=PROFILES)
    (problem,) = talk.result
    assert ("signatories[0].delivery", "profile.missing") == (problem.path, problem.code)
    assert "accounts.hr.profile_email" in problem.hint
    assert "Customers" in problem.hint


def test_a_profile_without_the_method_is_a_problem() -> None:
    """A profile that lists its methods, and not the one asked for, cannot carry the signatory."""
    limited = [{**PROFILES[1], "signatureAuthMethodsConfiguration": {"SIMPLE_STD": {}}}]
    asked = envelope(assurance=Assurance(level=Level.QES))
    talk = Talk(planning.preflight(asked, account()))
    talk.expect("GET", f"{APP}/signer-profiles", reply=limited)
    assert ["profile.method"] == [problem.code for problem in talk.result]


def test_inputs_that_the_profile_wants_are_named() -> None:
    """Everything the profile wants and the signatory lacks is listed at once, in our field names."""
    needed = {"inputsNeeded": ["firstName", "phoneNumber", "birthDate", "shoeSize"], "optionalInputs": []}
    talk = Talk(planning.preflight(envelope(), account()))
    planned(talk, needed=needed)
    assert {
        ("signatories[0].phone", "input.missing"),
        ("signatories[0].birth_date", "input.missing"),
        ("signatories[0]", "input.unknown"),
    } == {(problem.path, problem.code) for problem in talk.result}


def test_only_wanted_inputs_leave_the_application() -> None:
    """A person's data that the profile does not ask for are not sent to the vendor."""
    asked = envelope(signatories=[person(phone="+33612345678", nationality="fr")])
    talk = Talk(sending.send(carried(asked), account()))
    planned(talk, needed={**NEEDED, "optionalInputs": ["nationality"]})
    request = talk.expect("POST", f"{APP}/signers", reply={"signerId": "s-ada"})
    body = json.loads(request.content)
    assert "FR" == body["nationality"]
    assert "phoneNumber" not in body


def test_an_approver_takes_the_signers_profile_and_asks_for_no_method_of_it() -> None:
    """An approver goes by the profile of the signers with the same delivery; alone, by any that is active."""
    profiles = [
        {**PROFILES[1], "_id": "p-plain", "signatureAuthMethodsConfiguration": {"SIMPLE_STD": {}}},
        {**PROFILES[1], "_id": "p-mail", "signatureAuthMethodsConfiguration": {"QUALIFIED_STD": {}}},
        {**PROFILES[2], "_id": "p-link", "signatureAuthMethodsConfiguration": {"SIMPLE_STD": {}}},
    ]
    boss = person("boss", verb=Verb.APPROVE)
    signer = person("ada", assurance=Assurance(level=Level.QES))
    for delivery, profile in (("email", "p-mail"), ("link", "p-link")):
        people = [attrs.evolve(boss, delivery=delivery), signer]
        talk = Talk(planning.plan(envelope(signatories=people), account()))
        talk.expect("GET", f"{APP}/signer-profiles", reply=profiles)
        for wanted in dict.fromkeys(("p-mail", profile)):
            talk.expect("GET", f"{APP}/signer-profiles/{wanted}/inputs-needed", reply=NEEDED)
        found = talk.result
        assert () == found.problems
        assert {"p-mail": "QUALIFIED_STD"} == found.methods
        assert profile == found.new_signer(people[0], "ref").signer_profile_id


def application(**here: object) -> dict[str, object]:
    """Make the application as the console set it up."""
    return {"appId": "x", "settings": {"defaultLanguage": "FR"}, "envSettings": {"STAGING": here}}


@pytest.mark.parametrize(
    ("language", "extended", "shown", "expected"),
    [
        ("de", None, {"languageCanBeChanged": False}, ["language.fixed"]),
        ("fr", None, {"languageCanBeChanged": False}, []),
        ("de", None, {"languageCanBeChanged": True}, []),
        ("de", None, {}, []),
        (None, True, {"extendedAuthSessionEnabled": False}, ["extended_auth_session.off"]),
        (None, True, {"extendedAuthSessionEnabled": True}, []),
        ("de", False, {"extendedAuthSessionEnabled": False}, []),
    ],
)
def test_what_the_console_forbids_is_said_before_sending(
    language: str | None, extended: bool | None, shown: dict[str, object], expected: list[str]
) -> None:
    """A language or extended sessions that the application does not allow are problems before sending."""
    options = [IgnisignOptions(extended_auth_session=extended)]
    talk = Talk(planning.preflight(envelope(language=language, options=options), account()))
    talk.expect("GET", f"/v4/applications/{APP_ID}/context", reply=application(**shown))
    planned(talk)
    assert expected == [problem.code for problem in talk.result]


def test_a_code_by_text_message_needs_the_number() -> None:
    """With the method ADVANCED_SMS the phone number is told, whether or not the profile lists it."""
    asked = envelope(signatories=[person(phone="+33612345678")], assurance=Assurance(level=Level.AES))
    for method, told in (("ADVANCED_SMS", True), ("ADVANCED_STD", False)):
        talk = Talk(sending.send(carried(asked), account(aes_method=method)))
        planned(talk)
        request = talk.expect("POST", f"{APP}/signers", reply={"signerId": "s-ada"})
        assert told == ("phoneNumber" in json.loads(request.content))


def test_methods_are_told_by_profile_only_where_they_differ() -> None:
    """One method for all is the request's own; several are told for each profile."""
    for level, written in (
        (Level.SES, None),
        (Level.QES, {"p-mail": "SIMPLE_STD", "p-link": "QUALIFIED_STD"}),
    ):
        people = [person("ada"), person("bob", delivery="link", assurance=Assurance(level=level))]
        talk = Talk(planning.plan(envelope(signatories=people), account()))
        planned(talk)
        talk.expect("GET", f"{APP}/signer-profiles/p-link/inputs-needed", reply=NEEDED)
        told = talk.result.profile_methods()
        assert written == (told and {one.signer_profile_id: one.signature_method_ref for one in told})


def test_a_later_attempt_looks_for_signers_before_it_makes_them() -> None:
    """A signer that an earlier attempt made is found by our reference; a first attempt has none to find."""
    talk = Talk(sending.send(carried(attempt=2), account()))
    planned(talk)
    known = {"signerId": "s9", "externalId": "env1:ada", "firstName": "Ada"}
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "env1:ada"}, reply={"signers": [known]})
    talk.expect("POST", f"{APP}/signature-requests", reply={"signatureRequestId": "r1"})
    assert ("signatories", {"ada": "s9"}) in talk.known


def test_a_signer_is_no_part_of_the_envelope() -> None:
    """Making one is a step aside, so that the envelope may still go elsewhere; making the draft is not."""
    flow = sending.send(carried(), account())
    asked = (next(flow), flow.send("s-ada"), flow.send(()))  # with nobody left to be made side by side
    flow.close()
    steps = [(step.key, step.kind) for step in asked if isinstance(step, Step)]
    assert [("signer:ada", StepKind.ASIDE), ("request", StepKind.DRAFT)] == steps
