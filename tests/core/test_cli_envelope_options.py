"""``[options.PROVIDER]`` of an envelope file: read by the provider's own class, everything wrong at once."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import attrs
import pytest
from fpdf import FPDF

from paraph.cli.app import run
from paraph.cli.envelope_file import read_envelope
from paraph.config.file import vault_of
from paraph.config.secrets import Resolver
from paraph.errors import InvalidEnvelope
from paraph.model import Problem, Secret
from paraph.provider.registry import Registry
from paraph.testing import fake
from paraph_ignisign import IgnisignOptions, IgnisignStatement
from paraph_sign8 import Sign8Options
from support.acme import plugin
from support.plugins import install

CANARY = "c4n4ry"
NEUTRAL = """title = "Contract"
[[documents]]
path = "contract.pdf"
[[signatories]]
id = "ada"
given_name = "Ada"
family_name = "Lovelace"
email = "ada@example.org"
phone = "+33612345678"
"""


class Mood(StrEnum):
    """Words."""

    CALM = "calm"
    STRICT = "strict"


@attrs.frozen(kw_only=True)
class Part:
    """An element of an array of tables."""

    code: Secret
    size: int = 1


@attrs.frozen(kw_only=True)
class Options:
    """Every kind of field that an options class may have."""

    mood: Mood = Mood.CALM
    logo: Path | None = None
    tags: tuple[str, ...] = ()
    parts: list[Part] = attrs.field(factory=list)
    others: tuple[Part, ...] | None = None
    main: Part | None = None

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong between the fields."""
        if self.mood is Mood.STRICT and not self.tags:
            return (Problem(path="tags", code="tags.none", message="strict needs tags"),)
        return ()


@pytest.fixture
def plugins(tmp_path: Path) -> Callable[[], Resolver]:
    """Know a provider with options and one without; secrets come from a few variables."""
    registry = Registry()
    registry.register("acme", plugin(envelope_options=Options))
    registry.register("fake", fake)
    environ = {"CODE": CANARY, "MORE": f"{CANARY}2"}
    return lambda: Resolver(
        environ=environ, directory=tmp_path / "elsewhere", registry=registry, vault=vault_of(None)
    )


def written(tmp_path: Path, options: str) -> Path:
    """Write an envelope file."""
    (tmp_path / "contract.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    path = tmp_path / "envelope.toml"
    path.write_text(NEUTRAL + options)
    return path


def problems(path: Path, plugins: Callable[[], Resolver]) -> list[tuple[str, str, int]]:
    """Return path, code and line of everything that is wrong."""
    with pytest.raises(InvalidEnvelope) as caught:
        read_envelope(path, plugins)
    assert CANARY not in str(caught.value)
    return [
        (each.path, each.code, int(each.message.rsplit("line ", 1)[1].rstrip(")")))
        for each in caught.value.problems
    ]


def test_everything_an_options_class_holds_can_be_said(
    tmp_path: Path, plugins: Callable[[], Resolver]
) -> None:
    """Words, paths from the file's folder, secrets by reference, tables and arrays of tables."""
    (tmp_path / "code").write_text("from a file\n")
    path = written(
        tmp_path,
        """
[options.acme]
mood = "strict"
logo = "logo.png"
tags = ["a"]
main = { code = "file:code" }
[[options.acme.parts]]
code = "env:CODE"
size = 3
[[options.acme.parts]]
code = "env:MORE"
[[options.acme.others]]
code = "env:CODE"
""",
    )
    (found,) = read_envelope(path, plugins).options
    expected = Options(
        mood=Mood.STRICT,
        logo=tmp_path / "logo.png",
        tags=("a",),
        main=Part(code=Secret("from a file")),
        parts=[Part(code=Secret(CANARY), size=3), Part(code=Secret(f"{CANARY}2"))],
        others=(Part(code=Secret(CANARY)),),
    )
    assert expected == found


def test_everything_wrong_is_told_with_its_line(tmp_path: Path, plugins: Callable[[], Resolver]) -> None:
    """Unknown keys with the nearest, types, words, secrets that are inline or missing, at every depth."""
    path = written(
        tmp_path,
        f"""[options.acme]
moood = 1
mood = "loud"
tags = "a"
parts = 1
main = {{ code = "{CANARY}", sise = 2 }}
[[options.acme.others]]
code = "env:NOBODY"
size = "1"
[[options.acme.others]]
""",
    )
    assert [
        ("options.acme.moood", "key.unknown", 11),
        ("options.acme.mood", "value.type", 12),
        ("options.acme.tags", "value.type", 13),
        ("options.acme.parts", "value.type", 14),
        ("options.acme.main.code", "secret.inline", 15),
        ("options.acme.main.sise", "key.unknown", 15),
        ("options.acme.others[0].code", "secret.missing", 17),
        ("options.acme.others[0].size", "value.type", 18),
        ("options.acme.others[1].code", "key.missing", 19),
    ] == problems(path, plugins)
    with pytest.raises(InvalidEnvelope, match="did you mean 'mood'") as caught:
        read_envelope(path, plugins)
    assert "did you mean 'size'?" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('[options.acme]\nmood = "strict"', ("options.acme.tags", "tags.none", 10)),
        ("[options.acmee]", ("options.acmee", "provider.not_installed", 10)),
        ("[options.fake]", ("options.fake", "options.unsupported", 10)),
        ("[options]\nacme = 1", ("options.acme", "value.type", 11)),
        ("[[options]]", ("options", "value.type", 10)),
    ],
)
def test_what_nobody_can_read_is_a_problem_of_its_table(
    tmp_path: Path, plugins: Callable[[], Resolver], options: str, expected: tuple[str, str, int]
) -> None:
    """Contradictions, a provider that is not installed, and one without options."""
    assert [expected] == problems(written(tmp_path, options), plugins)


def test_the_installed_providers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignisign's options with statements as an array of tables, and SIGN8's with a password by reference."""
    monkeypatch.setenv("SIGNING_PASSWORD", CANARY)
    path = written(
        tmp_path,
        """
[options.ignisign]
individualize = true
full_privacy = false
[[options.ignisign.statements]]
text = "I have read it."
document = "contract"
[[options.ignisign.statements]]
text = "I agree."
[options.sign8]
password = "env:SIGNING_PASSWORD"
team_id = "t1"
""",
    )
    envelope = read_envelope(path)
    statements = (
        IgnisignStatement(text="I have read it.", document="contract"),
        IgnisignStatement(text="I agree."),
    )
    expected = IgnisignOptions(individualize=True, full_privacy=False, statements=statements)
    assert expected == envelope.options_of(IgnisignOptions)
    assert Sign8Options(password=Secret(CANARY), team_id="t1") == envelope.options_of(Sign8Options)


def test_a_file_without_options_asks_for_no_plugin(tmp_path: Path) -> None:
    """Only who writes ``[options]`` needs a configuration."""

    def never() -> Resolver:
        raise AssertionError

    assert () == read_envelope(written(tmp_path, ""), never).options


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working directory with a configuration of an Ignisign account and of one without options."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    install(tmp_path / "site", "fake-dist", providers={"fake": "paraph.testing.fake"})
    monkeypatch.setenv("APP_SECRET", "s" * 40)
    (tmp_path / "paraph.toml").write_text(
        'default = "hr"\n[accounts.hr]\nprovider = "ignisign"\nenvironment = "test"\napp_env = "STAGING"\n'
        'app_id = "an-app"\napp_secret = "env:APP_SECRET"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", [("check",), ("send", "--dry-run"), ("route", "explain"), ("portability",)])
def test_the_commands_read_options(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Every command that takes the file reads them, and refuses wrong ones with line and nearest name."""
    path = written(folder, "[options.ignisign]\nindividualise = true\n")
    assert 3 == run([*words, str(path)])
    said = capsys.readouterr().err
    assert "options.ignisign.individualise: unknown key (envelope.toml line 11)" in said
    assert "did you mean 'individualize'?" in said
    written(folder, "[options.fake]\n")
    assert 3 == run([*words, str(path)])
    assert "the envelopes of provider 'fake' have no options of their own" in capsys.readouterr().err
    written(folder, "[options.ignisgn]\n")
    assert 3 == run([*words, str(path)])
    assert "'ignisign'" in capsys.readouterr().err


def test_options_reach_the_vendors_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run shows the statement in a request; without the table it is in none."""
    told: list[bool] = []
    contract = FPDF()
    contract.add_page()
    for options in ("", '[[options.ignisign.statements]]\ntext = "I agree to everything."\n'):
        path = written(folder, options)
        (folder / "contract.pdf").write_bytes(bytes(contract.output()))
        run(["send", "--dry-run", "--personal", "--json", str(path)])
        told.append("I agree to everything." in capsys.readouterr().out)
    assert [False, True] == told
