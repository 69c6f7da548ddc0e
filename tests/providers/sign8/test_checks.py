import importlib.util
import io
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter

from paraph.model import (
    Assurance,
    Document,
    Envelope,
    Field,
    Problem,
    ProblemKind,
    Rect,
    Secret,
    Stage,
    Verb,
)
from paraph.provider import Account
from paraph_sign8.assumptions import USED_BY, assumed, missing
from paraph_sign8.checks import check, configuration_problems
from paraph_sign8.dialect import DialectError, leaves, parse, shipped
from paraph_sign8.dialect.writing import to_table
from paraph_sign8.settings import (
    BearerAuth,
    HeaderAuth,
    NoAuth,
    OAuth2Auth,
    Sign8Options,
    Sign8Settings,
)
from support.dialects import tables
from support.sign8_account import account, dialect, envelope, person, without

Found = list[tuple[str, str]]


def page(width: float = 595.276, height: float = 841.89) -> bytes:
    """Make a PDF with one page."""
    writer = PdfWriter()
    writer.add_blank_page(width, height)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


A4 = page()


def asked(**changes: Any) -> Envelope:
    """Make an envelope whose document can be read."""
    return envelope(**{"documents": [Document.from_bytes(A4, name="c.pdf")], **changes})


def both(problems: tuple[Problem, ...]) -> tuple[Found, Found]:
    """Return paths and codes of what blocks, and of what only warns."""
    blocking = [(each.path, each.code) for each in problems if each.blocking]
    return blocking, [(each.path, each.code) for each in problems if not each.blocking]


def of_account(by: Account[Sign8Settings]) -> Found:
    """Return paths and codes of what an account lacks."""
    return [(each.path, each.code) for each in configuration_problems(by)]


# The account


def test_a_sound_account_and_a_sound_envelope_have_no_problem() -> None:
    """Nothing is found where nothing is wrong: the negative control of everything below."""
    assert () == check(asked(), account())


def test_without_a_server_nothing_goes() -> None:
    """SIGN8 publishes no host, so none is assumed; one of the dialect for this environment is enough."""
    missing_url = [("accounts.de.base_url", "url.missing")]
    assert missing_url == of_account(account(base_url=""))
    assert missing_url == of_account(account(dialect(servers__production="https://p.example"), base_url=""))
    assert [] == of_account(account(dialect(servers__test="https://t.example"), base_url=""))


def test_authentication_has_to_be_configured() -> None:
    """Without it nothing is sent; saying that none is needed is an answer."""
    assert [("accounts.de.auth", "credentials.missing")] == of_account(account(auth=None))
    assert [] == of_account(account(auth=NoAuth()))


def test_another_strategy_than_the_dialects_is_a_warning() -> None:
    """The account has the credentials, so it wins; what the dialect does not say cannot differ."""
    other = account(auth=HeaderAuth(value=Secret("canary")))
    assert ([], [("accounts.de.auth.type", "auth.differs")]) == both(check(asked(), other))
    assert "canary" not in repr(check(asked(), other))
    silent = account(dialect(auth__type=""), auth=HeaderAuth(value=Secret("canary")))
    assert () == check(asked(), silent)


def test_a_wrong_dialect_is_told_and_nothing_else_is_looked_at() -> None:
    """Every mistake of the dialect has its path in the configuration; so has a secret that cannot be one."""
    wrong = account({"operations": {"add_flie": {}}, "formats": {"page_base": 7}})
    found = [("accounts.de.dialect.operations.add_flie", "key.unknown")]
    found += [("accounts.de.dialect.formats.page_base", "value.unknown")]
    assert found == of_account(wrong)
    assert (found, []) == both(check(asked(), wrong))
    empty = account(auth=BearerAuth(token=Secret("")))
    assert [("accounts.de.auth.token", "credentials.malformed")] == of_account(empty)


NEEDED = [
    ("operations__add_file__path", "operations.add_file.path"),
    ("operations__add_signature__path", "operations.add_signature.path"),
    ("answers__workflow_id", "answers.workflow_id"),
    ("answers__signer_id", "answers.signer_id"),
    ("fields__workflow__name", "fields.workflow.name"),
    ("fields__file__workflow_id", "fields.file.workflow_id"),
    ("fields__signature__signer_id", "fields.signature.signer_id"),
    ("fields__file__content", "fields.file.content"),
    ("fields__file__name", "fields.file.name"),
    ("fields__signer__given_name", "fields.signer.given_name"),
    ("fields__signer__family_name", "fields.signer.family_name"),
    ("fields__signer__email", "fields.signer.email"),
    *(
        (f"fields__signature__{name}", f"fields.signature.{name}")
        for name in ("page", "x", "y", "width", "height")
    ),
]


@pytest.mark.parametrize(("lacking", "leaf"), NEEDED, ids=[leaf for _, leaf in NEEDED])
def test_a_dialect_without_which_nothing_goes_is_refused(lacking: str, leaf: str) -> None:
    """Each leaf that every envelope needs is named by its own path; a contact's are in contract 4."""
    by = account(dialect(**{lacking: ""}))
    assert [(f"accounts.de.dialect.{leaf}", "dialect.incomplete")] == of_account(by)


def test_an_id_may_stand_in_the_path_instead() -> None:
    """What the path tells needs no field, and an upload by URL needs the address instead of the content."""
    spoken = dialect(fields__file__workflow_id="", operations__add_file__path="/w/{workflow_id}/files")
    assert [] == of_account(account(spoken))
    uploads = dialect(formats__transfer="url", fields__file__content="", answers__upload_url="")
    assert ["answers.upload_url"] == [leaf for leaf, _ in missing(account(uploads).settings.spoken)]


@given(tables())
def test_complete_dialects_lack_nothing_and_assume_nothing(table: dict[str, Any]) -> None:
    """Whatever names and words a customer's dialect has, if it says everything, production may use it."""
    by = account(table, environment="production")
    assert [] == of_account(by)


def production(spoken: Any = None, **options: Any) -> Account[Sign8Settings]:
    """Make a production account with the shipped assumptions."""
    return account({} if spoken is None else spoken, environment="production", **options)


def test_production_refuses_assumptions() -> None:
    """They are counted, the first are named, and so is the way out; a test account may try them."""
    (found,) = configuration_problems(production())
    assert ("accounts.de.dialect", "dialect.assumed", True) == (found.path, found.code, found.blocking)
    assert str(len(assumed(production().settings))) in found.message
    assert "organization.name" in found.message
    assert "paraph sign8 dialect show" in found.hint
    assert [] == of_account(production(accept_assumptions=True))
    assert [] == of_account(account({}))


def test_only_what_would_be_used_counts_as_an_assumption() -> None:
    """An operation without a path brings no names; with one it brings its own and those of its answer."""
    plain, reading = production(), production({"operations": {"status": {"path": "/s/{workflow_id}"}}})
    more = set(assumed(reading.settings)) - set(assumed(plain.settings))
    assert {each.split(".")[0] for each in more} == {"operations", "fields", "status", "words"}
    assert {"operations.status.method", "status.status", "words.workflow_statuses.draft"} <= more
    assert "operations.status.path" not in more, "the account said it itself"
    assert not [each for each in assumed(plain.settings) if each.startswith(("webhooks", "status", "auth"))]


def complete(**changes: Any) -> dict[str, Any]:
    """Make the table of a dialect that a customer wrote in full, but for some leaves."""
    return {**to_table(parse(dialect(**changes)), complete=True), "base": "default"}


@pytest.mark.parametrize("accepts", [True, False])
def test_the_simulators_dialect_is_none_for_production(tmp_path: Path, *, accepts: bool) -> None:
    """It is invented, so no acceptance helps, neither in a table nor in a file, whatever is changed in it."""
    file = tmp_path / "sign8.toml"
    file.write_text('base = "simulator"\n', encoding="utf-8")
    invented = [("accounts.de.dialect", "dialect.simulator")]
    rewritten = to_table(parse(dialect()), complete=True)
    spellings: tuple[Any, ...] = (dialect(), dialect(formats__unit="percent"), rewritten, file)
    for spoken in spellings:
        by = production(spoken, accept_assumptions=accepts)
        assert (invented, []) == both(check(asked(), by))
        assert [] == of_account(account(spoken))
    assert [] == of_account(production(complete(), accept_assumptions=accepts))


def test_that_workflows_start_by_themselves_is_an_assumption() -> None:
    """Without a path for starting production refuses it, and who accepts it, or only tries, is warned."""
    unsaid, said = complete(operations__start__path=""), complete()
    leaf = "operations.start.path"
    assert ((leaf,), ()) == (assumed(production(unsaid).settings), assumed(production(said).settings))
    (refused,) = check(asked(), production(unsaid))
    assert ("dialect.assumed", True) == (refused.code, refused.blocking)
    assert leaf in refused.message
    for by in (production(unsaid, accept_assumptions=True), account(unsaid)):
        (warned,) = check(asked(), by)
        assert (f"accounts.de.dialect.{leaf}", "start.assumed", False) == (
            warned.path,
            warned.code,
            warned.blocking,
        )
        assert f"dialect.{leaf}" in warned.hint
        assert "nobody is asked" in warned.message
    assert () == check(asked(), production(said))


def test_webhooks_that_are_all_there_is_are_assumed() -> None:
    """Where no status can be read and webhooks are believed, how they are read decides what is believed."""
    blind = complete(operations__status__path="")
    del blind["webhooks"]
    expired = "webhooks.events.api/workflow/workflowExpired"
    read = {expired, *(f"webhooks.{name}" for name in ("workflow_id", "signer_id"))}
    told = {*read, "webhooks.token", "webhooks.token_header"}
    for spoken, options, expected in (
        (blind, {}, set()),
        (blind, {"trust_webhooks": True}, read),
        (blind, {"webhook_token": Secret("t")}, told),
        ({**blind, "webhooks": {"token": "path"}}, {"webhook_token": Secret("t")}, read),
        (complete(operations__status__path=""), {"webhook_token": Secret("t")}, set()),
        ({**complete(), "webhooks": {}}, {"webhook_token": Secret("t")}, set()),
    ):
        by = production(spoken, **options)
        assert expected == set(assumed(by.settings))
        assert bool(expected) == bool(of_account(by))


def test_what_is_published_is_no_assumption() -> None:
    """That the five operations are POST is confirmed; their paths are not."""
    found = assumed(production().settings)
    assert "operations.add_file.path" in found
    assert "operations.add_file.method" not in found


def test_what_authentication_takes_from_the_dialect_may_be_assumed() -> None:
    """A header that the account does not name is the dialect's guess; one that it names is not."""
    guessed = production(auth=HeaderAuth(value=Secret("k")))
    named = production(auth=HeaderAuth(value=Secret("k"), name="X-Key", template="{secret}"))
    oauth = production(
        auth=OAuth2Auth(client_id="c", client_secret=Secret("s"), token_url="https://t.example/t")
    )
    by = [
        [each for each in assumed(one.settings) if each.startswith("auth.")]
        for one in (guessed, named, oauth)
    ]
    assert [["auth.header", "auth.template"], [], []] == by


def test_every_leaf_of_the_table_exists() -> None:
    """The rules about assumptions speak of leaves that dialects have, and of operations that exist."""
    known = [leaf.path for leaf in leaves(shipped("simulator"))]
    for beginning, operations in USED_BY.items():
        matching = [path for path in known if path.startswith(beginning)]
        assert matching, beginning
        assert all(f"operations.{name}.path" in known for name in operations)


# The envelope


@pytest.mark.parametrize(
    ("stages", "code"),
    [((1, 1, 2), "stages.mixed"), ((1, 2, 3), ""), ((4, 4, 4), ""), ((1, 2, 2), "stages.mixed")],
)
def test_mixed_stages_are_refused(stages: tuple[int, ...], code: str) -> None:
    """SIGN8 asks all at once or one after the other (contract 4)."""
    people = [person(f"p{index}", stage=stage) for index, stage in enumerate(stages)]
    expected = [("signatories", code)] if code else []
    assert (expected, []) == both(check(asked(signatories=people), account()))


@pytest.mark.parametrize(
    ("lacking", "leaf"),
    [
        ({"fields__workflow__dispatch": ""}, "dialect.fields.workflow.dispatch"),
        ({"words__dispatch": {"sequential": 1}}, "dialect.words.dispatch.parallel"),
    ],
)
def test_a_dispatch_that_cannot_be_told_is_warned_of(lacking: dict[str, Any], leaf: str) -> None:
    """With several signatories the vendor's default decides the order; with one there is none."""
    by = account(dialect(**lacking))
    found = check(asked(signatories=[person("a"), person("b")]), by)
    assert ([], [("signatories", "dialect.untold")]) == both(found)
    assert leaf in found[0].hint
    assert () == check(asked(), by)


def test_a_contact_needs_names_and_address() -> None:
    """First name, surname and e-mail are mandatory, also where the link is handed over (contract 4)."""
    bare = person(given_name="", family_name=" ", email="", delivery="link")
    blocking, _ = both(check(asked(signatories=[bare]), account()))
    assert [
        ("signatories[0].given_name", "given_name.missing"),
        ("signatories[0].family_name", "family_name.missing"),
        ("signatories[0].email", "email.missing"),
    ] == blocking


def test_one_address_is_one_recipient() -> None:
    """A recipient has exactly one signature type (contract 4), so nobody shares an address."""
    people = [person("ada"), person("bob", email="ADA@Example.org"), person("eve")]
    found = check(asked(signatories=people), account())
    assert ([("signatories[1].email", "email.twice")], []) == both(found)
    assert "signatories[0]" in found[0].message
    assert "example.org" not in repr(found).casefold()
    assert () == check(asked(signatories=[person("ada"), person("bob")]), account())


def test_recipients_of_copies_are_left_to_the_capabilities() -> None:
    """They are refused as a whole, so nothing is said about their details."""
    copy = person("copy", verb=Verb.RECEIVE_COPY, given_name="", phone=None, assurance=Assurance(level="QES"))
    assert () == check(asked(signatories=[person(), copy]), account())


def test_links_do_not_stop_mails() -> None:
    """That SIGN8 may write all the same is a warning for everyone who gets a link."""
    people = [person("a"), person("b", delivery="link")]
    warned = [("signatories[1].delivery", "delivery.also_email")]
    assert ([], warned) == both(check(asked(signatories=people), account()))


@pytest.mark.parametrize(
    ("kind", "level", "needed"),
    [
        ("signature", None, False),
        ("signature", "SES", False),
        ("signature", "AES", True),
        ("signature", "QES", True),
        ("seal", None, True),
        ("seal", "QES", True),
    ],
)
def test_a_mobile_number_is_needed_from_advanced_upward(
    kind: str, level: str | None, *, needed: bool
) -> None:
    """And for every seal (contract 4); with one nothing blocks."""
    lacking = person(phone=None, kind=kind, assurance=Assurance(level=level))
    missing_phone = [("signatories[0].phone", "phone.missing")] if needed else []
    assert missing_phone == both(check(asked(signatories=[lacking]), account()))[0]
    given_one = attrs.evolve(lacking, phone="+4915112345678")
    assert [] == both(check(asked(signatories=[given_one]), account()))[0]
    mute = account(dialect(fields__signer__phone=""))
    untold = ("signatories[0].phone", "dialect.untold")
    blocking, warned = both(check(asked(signatories=[given_one]), mute))
    assert (needed, not needed) == (untold in blocking, untold in warned)
    assert untold not in both(check(asked(signatories=[lacking]), mute))[1]


def test_what_no_request_says_is_warned_of() -> None:
    """Where somebody was born and what a stage is called would be ignored, and is left out on demand."""
    born = {"nationality": "FR", "birth_date": date(1990, 1, 2), "birth_place": "X", "birth_country": "FR"}
    plain = asked(stages=[Stage(number=1)])
    found = check(asked(signatories=[person(**born)], stages=[Stage(number=1, name="The board")]), account())
    assert {("value.untold", ProblemKind.IGNORED)} == {(each.code, each.kind) for each in found}
    assert {*(f"signatories[0].{name}" for name in born), "stages[0].name"} == {each.path for each in found}
    assert {None, ""} == {each.instead for each in found}
    assert [] == [each for each in found if each.blocking]
    assert () == check(plain, account())


def test_seals_warn_of_the_team_and_are_never_simple() -> None:
    """Who is in a sealing team cannot be read; a seal of the weakest level does not exist."""
    team = [("signatories[0].kind", "seal.team")]
    assert ([], team) == both(check(asked(signatories=[person(kind="seal")]), account()))
    assert ([], team) == both(check(asked(signatories=[person(kind="seal", verb="seal")]), account()))
    simple = person(kind="seal", assurance=Assurance(level="SES"))
    refused = [("signatories[0].assurance", "level.unsupported")]
    assert (refused, []) == both(check(asked(signatories=[simple]), account()))
    mixed = person(verb="seal")
    assert ([("signatories[0].kind", "seal.kind")], []) == both(check(asked(signatories=[mixed]), account()))


def test_a_dialect_without_any_signature_type_can_ask_nobody() -> None:
    """Also where no level was asked, which the capabilities have nothing to say about."""
    by = account(dialect(words__signature_types={}))
    assert [("signatories[0].assurance", "level.unsupported")] == both(check(asked(), by))[0]


def test_a_word_for_a_seal_is_none_for_a_signature() -> None:
    """A level that only seals have a word for is no level for a person, and the other way round."""
    refused = [("signatories[0].assurance", "level.unsupported")]
    sealing = account(dialect(words__signature_types={"simple": "s", "advanced_seal": "a"}))
    strong = person(assurance=Assurance(level="AES"))
    assert refused == both(check(asked(signatories=[strong]), sealing))[0]
    assert [] == both(check(asked(signatories=[attrs.evolve(strong, kind="seal")]), sealing))[0]
    signing = account(dialect(words__signature_types={"advanced": "a", "qualified_seal": "q"}))
    assert [] == both(check(asked(signatories=[strong]), signing))[0]
    assert refused == both(check(asked(signatories=[attrs.evolve(strong, kind="seal")]), signing))[0]


def test_a_type_that_cannot_be_told_blocks_what_was_asked() -> None:
    """Without a name for it the vendor's own default decides: no more than a warning if any will do."""
    by = account(dialect(fields__signer__signature_type=""))
    untold = [("signatories[0].assurance", "dialect.untold")]
    assert ([], untold) == both(check(asked(), by))
    strong = asked(assurance=Assurance(floor="AES"))
    assert (untold, []) == both(check(strong, by))


@pytest.mark.parametrize("name", ["password", "team_id", "interface_id"])
def test_options_that_cannot_be_told_are_refused(name: str) -> None:
    """A password that is not told would leave the workflow open to anyone with the link."""
    option: dict[str, Any] = {name: Secret("canary") if name == "password" else "t1"}
    options = Sign8Options(**option)
    mute = account(dialect(**{f"fields__workflow__{name}": ""}))
    found = check(asked(options=[options]), mute)
    assert ([("options", "dialect.untold")], []) == both(found)
    assert "canary" not in repr(found)
    assert () == check(asked(options=[options]), account())


def test_options_of_the_account_that_cannot_be_told_are_refused() -> None:
    """They have their path in the configuration; an empty password is refused in any dialect."""
    by = account(dialect(fields__workflow__team_id=""), team_id="t1")
    assert [("accounts.de.team_id", "dialect.untold")] == both(check(asked(), by))[0]
    empty = asked(options=[Sign8Options(password=Secret(""))])
    assert [("options", "password.empty")] == both(check(empty, account()))[0]


def test_a_day_is_less_exact_than_a_time() -> None:
    """Where only the day is told, anything but midnight UTC is later than asked."""
    days = account(dialect(formats__instant="date"))
    noon, midnight = datetime(2030, 1, 1, 12, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    warned = [("expires_at", "expiry.day")]
    assert ([], warned) == both(check(asked(expires_at=noon), days))
    assert () == check(asked(expires_at=midnight), days)
    assert () == check(asked(expires_at=midnight.astimezone(timezone(timedelta(hours=5)))), days)
    assert () == check(asked(expires_at=noon), account())


# Fields and places


def field(**more: Any) -> Field:
    """Make a field for a signature."""
    place = Rect(x=100, y=100, width=50, height=20)
    return Field(**{"document": "c", "signatory": "ada", "rect": place, **more})


@pytest.mark.parametrize(
    ("lacking", "kind", "path"),
    [
        ({"operations__add_annotation__path": ""}, "date", "fields[0]"),
        ({"fields__annotation__text": ""}, "text", "fields[0]"),
        ({"words__annotations": {"date": "d"}}, "initials", "fields[0].kind"),
        ({"fields__annotation__page": ""}, "date", "fields[0]"),
        ({"fields__annotation__x": ""}, "text", "fields[0]"),
    ],
)
def test_fields_that_cannot_be_told_are_refused(lacking: dict[str, Any], kind: str, path: str) -> None:
    """Each names the leaf that is missing; other fields are not affected."""
    by = account(dialect(**lacking))
    found = check(asked(fields=[field(kind=kind)]), by)
    assert ([(path, "dialect.untold")], []) == both(found)
    (leaf,) = lacking
    assert leaf.replace("__", ".") in found[0].hint
    assert () == check(asked(fields=[field()]), by)


def test_optional_fields_are_not_optional() -> None:
    """Nothing public says how that is told."""
    found = both(check(asked(fields=[field(required=False)]), account()))
    assert ([], [("fields[0].required", "field.optional")]) == found


def test_a_page_without_room_for_everyone_is_refused() -> None:
    """Default places beyond the top, or wider than the page, are named by who would get them."""
    small = Document.from_bytes(page(300, 150), name="c.pdf")
    people = [person(f"p{index}") for index in range(3)]
    no_room = [("signatories[2]", "place.no_room")]
    assert (no_room, []) == both(check(asked(documents=[small], signatories=people), account()))
    own = field(signatory="p2", rect=Rect(x=250, y=10, width=40, height=20))
    assert () == check(asked(documents=[small], signatories=people, fields=[own]), account())
    narrow = Document.from_bytes(page(150, 800), name="c.pdf")
    assert [("signatories[0]", "place.no_room")] == both(check(asked(documents=[narrow]), account()))[0]


def test_a_field_on_a_default_place_is_warned_of() -> None:
    """Two things in one place can be told, and look bad."""
    date = field(kind="date", rect=Rect(x=40, y=760, width=50, height=20))
    assert ([], [("signatories[0]", "place.taken")]) == both(check(asked(fields=[date]), account()))


def test_without_the_extra_places_are_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on a page warns and names the extra; a page from the end blocks; the rest is fine."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = check(asked(), account())
    assert ([], [("documents[0]", "page.assumed")]) == both(found)
    assert "paraph[pdf]" in found[0].hint
    last = check(asked(fields=[field(page=-1)]), account())
    assert [("fields[0].page", "page.unknown")] == both(last)[0]
    assert "paraph[pdf]" in last[-1].hint
    assert () == check(asked(fields=[field()]), account())


def test_a_document_that_cannot_be_looked_at_is_not_the_extras_fault() -> None:
    """With the extra installed the warning does not ask to install it."""
    found = check(envelope(), account())
    assert ([], [("documents[0]", "page.assumed")]) == both(found)
    assert "paraph[pdf]" not in found[0].hint


wild_fields = st.builds(
    Field,
    document=st.sampled_from(["c", "d", "nope"]),
    signatory=st.sampled_from(["ada", "nobody"]),
    page=st.integers(-3, 3),
    rect=st.none() | st.builds(Rect, x=st.floats(), y=st.floats(), width=st.floats(), height=st.floats()),
    kind=st.sampled_from(["signature", "date"]),
    required=st.booleans(),
)


@given(
    st.lists(st.sampled_from(["ada", "ada", "bob", ""]), max_size=4),
    st.lists(wild_fields, max_size=4),
    st.lists(st.sampled_from([A4, b"", b"%PDF-1.4\n%%EOF\n", b"hello"]), max_size=3),
    st.sampled_from([1, 2, 0, -1]),
)
def test_any_envelope_is_checked_without_an_exception(
    people: list[str], fields: list[Field], contents: list[bytes], stage: int
) -> None:
    """What core finds wrong does not keep this check from finding the rest, and nothing names a person."""
    wrong = envelope(
        signatories=[
            person(each, stage=stage * index, given_name="Canary") for index, each in enumerate(people)
        ],
        documents=[Document.from_bytes(each, name="c.pdf") for each in contents],
        fields=fields,
    )
    for one in (account(), account({}, base_url="", environment="production")):
        found = check(wrong, one)
        assert found == check(wrong, one)
        assert "Canary" not in repr(found)
        assert "example.org" not in repr(found)


def test_operations_are_named_by_the_leaf_that_is_missing() -> None:
    """Lacking optional operations is no problem of an envelope: the capabilities say it."""
    assert () == check(asked(), account(without("status", "cancel", "remind", "download")))


def test_states_without_a_word_are_warned_of() -> None:
    """Where the status is read, an ending that the dialect has no word for would go unseen, and is named."""
    heard = dialect(words__workflow_statuses={"CLOSED": "completed", "REFUSED": "refused"})
    warnings = [each for each in check(asked(), account(heard)) if each.code == "dialect.blind"]
    assert [False] == [each.blocking for each in warnings]
    assert warnings[0].message.endswith("would go unseen: expired, cancelled")


def test_a_word_table_the_wrong_way_round_is_turned() -> None:
    """Who writes our word in front of SIGN8's is told how the line has to read."""
    with pytest.raises(DialectError) as caught:
        parse({"words": {"workflow_statuses": {"completed": "FERTIG"}}})
    hints = [each.hint for each in caught.value.problems]
    assert ['write it the other way round: "FERTIG" = "completed"'] == hints
