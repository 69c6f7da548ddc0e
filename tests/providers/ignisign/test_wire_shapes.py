"""What typed results keep of the answers whose shapes the replay took from the contract's appendix A."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_type_hints

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.cli.render import to_json
from paraph.convert import camel, wrong_paths
from paraph_ignisign import wire
from paraph_ignisign.wire import CONVERTER
from paraph_ignisign.wire._fields import LIBERAL
from providers.ignisign.replay import shapes

RESULTS: Final[Mapping[str, type[Any]]] = {
    "ENDPOINT": wire.WebhookEndpoint,
    "PROFILE": wire.SignerProfile,
    "NEEDS": wire.InputsNeeded,
    "API_KEY": wire.ApiKey,
    "SETTINGS_OF_ENV": wire.EnvSettings,
    "APPLICATION": wire.ApplicationContext,
    "SIGNER_MADE": wire.CreatedSigner,
    "SIGNER": wire.Signer,
    "DOCUMENT": wire.Document,
    "STATEMENT": wire.Statement,
    "DOCUMENT_CONTEXT": wire.DocumentContext,
    "REQUEST": wire.RequestSummary,
    "REQUEST_IN_LIST": wire.RequestSummary,
    "REQUEST_CONTEXT": wire.RequestContext,
    "PUBLISHED": wire.Published,
    "STATUSES": wire.RequestStatuses,
    "SIGNATURE": wire.Signature,
    "IMAGES": wire.SignatureImages,
    "TOKEN_CHECK": wire.TokenCheck,
    "SEALED": wire.Sealed,
    "BARE_CONFIGURATION": wire.BareConfiguration,
    "BARE_TOKEN": wire.BareToken,
    "BARE_PROOF": wire.BareProofs,
    "EVENT_RECORD": wire.WebhookEvent,
    "EVENT_PAGE": wire.WebhookEvents,
}
"""The class that each shape is read into."""

NO_RESULTS: Final[Mapping[str, str]] = {
    "OF_APP": "a part of other shapes",
    "PROBLEM": "becomes an error",
    "CONTENTS": "webhooks are read into facts, from whom anyone may have sent",
    "EVENT": "webhooks are read into facts, from whom anyone may have sent",
}

OWN: Final = {
    "appId": "the account's own: a credential belongs to one application (contract 5)",
    "appEnv": "the account's own: a credential belongs to one environment (contract 5)",
}
OF_APPLICATION: Final = {"appId": "the application's own", "orgId": "the application's own"}
LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    "PROFILE": OWN,
    "API_KEY": {
        "appId": OF_APPLICATION["appId"],
        "displayableSecret": "a part of a secret: nothing of one is read",
    },
    "SETTINGS_OF_ENV": {**OF_APPLICATION, "ssoConfigs": "can carry secrets of clients"},
    "APPLICATION": {
        "config": "says again whose the application is",
        "settings.appId": OF_APPLICATION["appId"],
        "settings.orgId": OF_APPLICATION["orgId"],
        "settings.logoB64": "a picture for pages of the vendor's, in base64",
        "settings.logoDarkB64": "a picture for pages of the vendor's, in base64",
        "signatureProfiles": "deprecated: signer profiles took their place",
    },
    "DOCUMENT": OWN,
    "STATEMENT": {**OWN, "signatureRequestId": "that of the document or request which holds it"},
    "DOCUMENT_CONTEXT": OWN,
    "REQUEST": OWN,
    "REQUEST_IN_LIST": OWN,
    "REQUEST_CONTEXT": OWN,
    "SIGNATURE": OWN,
    "BARE_PROOF": OWN,
    "EVENT_RECORD": OWN,
}
"""What no class keeps, by shape and key, and why."""

PERSONAL: Final = (
    ("REQUEST_IN_LIST", "docFileName"),
    ("REQUEST_IN_LIST", "docLabel"),
    ("REQUEST_IN_LIST", "description"),
    ("REQUEST_CONTEXT", "applicationMetadata"),
    ("SETTINGS_OF_ENV", "googleDrive"),
    ("SIGNER", "sealClaims"),
    ("SIGNER", "certificateDisseminationAgreement"),
    ("SIGNATURE", "ocspCheckValue"),
    ("TOKEN_CHECK", "context"),
    ("TOKEN_CHECK", "errorStr"),
)
"""Texts of people, or of a shape that nobody documents, at the top of a shape."""

TEXTS: Final = (
    "0" * 24, "appId_" + "0" * 36, "2030-01-02T03:04:05Z", "https://vendor.example/x", "EN", "CREATED",
    "0" * 64, "2030-01-02 03:04:05 UTC",
)  # fmt: skip
"""At least one of them fits each pattern of the shapes."""

NAMES: Final = {id(shape): name for name, shape in vars(shapes).items() if name.isupper()}


def full(shape: Any) -> Any:
    """Return a value of a shape with all keys; what it says differs from every default of a field."""
    match shape:
        case dict():
            return {key.removesuffix("?"): full(inner) for key, inner in shape.items()}
        case [each]:
            return [full(each)]
        case tuple():
            return full(shape[0])
        case set():
            return max(shape)
        case re.Pattern():
            return next(text for text in TEXTS if shape.fullmatch(text))
    return {str: "text", bool: True, int: 7, list: ["one"], dict: {"a": 1}, object: {"a": 1}}[shape]


def fitting(shape: Any) -> st.SearchStrategy[Any]:
    """Return what makes all values of a shape, with and without the keys that may be missing.

    A record that is answered is stored, so it has its id, which the models type as optional (assumption).
    """
    match shape:
        case dict():
            made = {key: fitting(inner) for key, inner in shape.items()}
            needs = {key for key in shape if key[-1] != "?" or key == "_id?"}
            needed = {key.removesuffix("?"): each for key, each in made.items() if key in needs}
            spare = {key[:-1]: each for key, each in made.items() if key not in needs}
            return st.fixed_dictionaries(needed, optional=spare)
        case [each]:
            return st.lists(fitting(each), max_size=2)
        case tuple():
            return st.one_of(*map(fitting, shape))
        case set():
            return st.sampled_from(sorted(shape))
        case re.Pattern():
            return st.sampled_from([text for text in TEXTS if shape.fullmatch(text)])
    simple: Mapping[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=5),
        bool: st.booleans(),
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
        list: st.lists(st.integers() | st.text(max_size=5), max_size=2),
        dict: st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
        object: st.none() | st.booleans() | st.text(max_size=5) | st.just({"a": [1]}),
    }
    return simple[shape]


def without(value: Any, path: str) -> Any:
    """Return a copy of a value without what is under a dotted path, in every element of lists."""
    if isinstance(value, list):
        return [without(each, path) for each in value]
    key, _, below = path.partition(".")
    rest = {name: each for name, each in value.items() if name != key}
    return {**rest, key: without(value[key], below)} if below else rest


def object_in(value: Any) -> Any:
    """Return the object that a value is, or a list's first element; ``None`` for anything else."""
    found = value[0] if isinstance(value, list) and len(value) == 1 else value
    return found if isinstance(found, dict) else None


def dropped(value: Any, whole: Any, kind: type[Any], above: str = "") -> Iterator[str]:
    """List the paths below ``value``, a part of ``whole``, without which the same is read."""
    for key, each in (object_in(value) or {}).items():
        path = f"{above}{key}"
        if read(without(whole, path), kind) == read(whole, kind):
            yield path
        elif isinstance(each, dict | list) and each not in ({"a": 1}, ["one"]):
            yield from dropped(each, whole, kind, f"{path}.")


def expected(shape: Any, above: str = "") -> Iterator[str]:
    """List the paths that the table leaves out of a shape and of all that it holds."""
    found = object_in(shape)
    if found is None:
        return
    known = LEFT_OUT.get(NAMES.get(id(found), ""), {})
    yield from (above + path for path in known)
    for key, each in found.items():
        plain = key.removesuffix("?")
        if plain not in known:
            yield from expected(each, f"{above}{plain}.")


def read(value: Any, kind: type[Any]) -> Any:
    """Read an answer; the paths that did not fit, in place of an answer of another shape."""
    try:
        return CONVERTER.structure(json.loads(json.dumps(value)), kind)
    except Exception as error:  # noqa: BLE001 - whatever it raises becomes MalformedResponse in core
        return wrong_paths(error)


def liberal_fields(kind: type[Any]) -> Iterator[str]:
    """List the fields of a class in which no news can break the reading."""
    for name, wanted in get_type_hints(kind, include_extras=True).items():
        if any(LIBERAL in getattr(each, "__metadata__", ()) for each in get_args(wanted)):
            yield name


def named(kind: type[Any], name: str) -> str:
    """Return the key that a field is read from."""
    field = attrs.fields_dict(kind)[name]
    names: tuple[str, ...] = field.metadata.get("paraph.names", ())
    return (*names, camel(name))[0]


FITTING: Final = {name: fitting(getattr(shapes, name)) for name in RESULTS}
LIBERAL_FIELDS: Final = [(name, field) for name, kind in RESULTS.items() for field in liberal_fields(kind)]


def test_every_shape_has_a_class_or_a_reason() -> None:
    """No shape of the replay is forgotten, and none that is listed is unknown."""
    public = {name: shape for name, shape in vars(shapes).items() if name.isupper() and name[0] != "_"}
    answers = {name for name, shape in public.items() if isinstance(shape, dict)}
    assert {*RESULTS, *NO_RESULTS} == answers
    assert set(LEFT_OUT) <= set(RESULTS)


@pytest.mark.parametrize("name", RESULTS)
def test_results_keep_every_key_but_those_left_out_for_a_reason(name: str) -> None:
    """Without any key of an answer something else is read; the keys that do not matter are those listed."""
    whole = full(getattr(shapes, name))
    assert isinstance(read(whole, RESULTS[name]), RESULTS[name])
    assert sorted(expected(getattr(shapes, name))) == sorted(dropped(whole, whole, RESULTS[name]))


def test_a_class_that_drops_keys_is_noticed() -> None:
    """The control: of a context read as what lists show, all that only a context has is lost."""
    whole = full(shapes.REQUEST_CONTEXT)
    lost = set(dropped(whole, whole, wire.RequestSummary))
    assert {"documents", "signers", "statements", "signatureProofsUrl", "signerProfiles"} <= lost


@pytest.mark.parametrize("name", RESULTS)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_fits_its_shape_is_read(name: str, data: st.DataObject) -> None:
    """No answer that the contract allows is malformed: with or without each key, in each of its types."""
    value = data.draw(FITTING[name])
    assert [] == shapes.wrongs(value, getattr(shapes, name))
    assert isinstance(read(value, RESULTS[name]), RESULTS[name])


@pytest.mark.parametrize(("name", "field"), LIBERAL_FIELDS)
def test_a_wrong_type_of_what_nobody_needs_breaks_nothing(name: str, field: str) -> None:
    """Of what has another type than documented nothing is told, and all the rest is read as ever."""
    kind, whole = RESULTS[name], full(getattr(shapes, name))
    usual, nothing = read(whole, kind), 0
    for wrong in (7, True, "text", [7], {"a": 7}, "2030-01-02", "9999-12-31T23:59:59-01:00"):
        found = read({**whole, named(kind, field): wrong}, kind)
        nothing += getattr(found, field) is None
        assert attrs.evolve(usual, **{field: getattr(found, field)}) == found
    assert nothing > 0


def test_a_wrong_type_of_what_is_needed_is_noticed() -> None:
    """The control: what facts are made of is read strictly."""
    whole = full(shapes.REQUEST_CONTEXT)
    assert ("$.status",) == read({**whole, "status": [7]}, wire.RequestContext)
    assert ("$.signed_by",) == read({**whole, "signedBy": {"a": 7}}, wire.RequestContext)
    assert {("REQUEST_CONTEXT", "signature_proofs_url"), ("EVENT_RECORD", "response")} < set(LIBERAL_FIELDS)


@pytest.mark.parametrize(("name", "key"), PERSONAL)
def test_what_may_be_personal_shows_in_no_repr(name: str, key: str) -> None:
    """Names of files, labels, and what nobody documents are read, and shown to who asks for them alone."""
    shape = getattr(shapes, name)
    given: Any = "canary" if shape.get(key, shape.get(f"{key}?")) is str else {"x": "canary"}
    found = read({**full(shape), key: given}, RESULTS[name])
    assert "canary" not in repr(found)
    assert "canary" not in str(to_json(found))
    assert "canary" in str(to_json(found, personal=True))


def test_the_link_to_a_proof_page_is_a_secret() -> None:
    """A link with a token in it is shown by no output; code may reveal it."""
    link = "https://sign.example/signature-requests/r/proofs?t=canary"
    found = read({**full(shapes.REQUEST_CONTEXT), "signatureProofsUrl": link}, wire.RequestContext)
    assert "canary" not in repr(found) + str(to_json(found, personal=True))
    assert link == found.signature_proofs_url.reveal()


def test_an_event_tells_why_it_was_not_delivered() -> None:
    """The endpoint's answer stands in the record of a delivery; its words show in no repr."""
    given = {"status": 503, "statusText": "canary"}
    found = read({**full(shapes.EVENT_RECORD), "response": given}, wire.WebhookEvent)
    assert (503, "canary") == (found.response.status, found.response.status_text)
    assert "canary" not in repr(found)
