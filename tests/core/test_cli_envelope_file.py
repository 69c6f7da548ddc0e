"""``envelope.toml``: what it may say, and what is said about a wrong one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from paraph.cli.envelope_file import read_envelope
from paraph.errors import InvalidEnvelope, UsageError
from paraph.model import (
    Anchor,
    Assurance,
    ContentKind,
    DeliveryBy,
    Document,
    DocumentRole,
    Field,
    FieldKind,
    Level,
    Rect,
    Regime,
    Signatory,
    SignatureKind,
    Stage,
    StageRule,
    Verb,
)

FULL = """
id = "e-1"
title = "Contract"
message = "Please sign"
reference = "C-7"
language = "fr"
country = "FR"
tenant = "paris"
tags = ["hr"]
level = "QES"
floor = "aes"
regime = "zertes"
expires_at = 2030-06-30T18:00:00+02:00

[[documents]]
path = "sub/contract.pdf"
id = "main"

[[documents]]
sha256 = "AA11"
name = "big.pdf"
role = "attachment"

[[documents]]
json = { a = 1 }
name = "data.json"

[[signatories]]
id = "ada"
given_name = "Ada"
family_name = "Lovelace"
email = "ada@example.org"
phone = "+33612345678"
birth_date = 1815-12-10
verb = "approve"
kind = "seal"
delivery = "link"
stage = 2
level = "SES"

[[fields]]
document = "main"
signatory = "ada"
page = -1
rect = [72, 700.5, 180, 48]
kind = "initials"
required = false

[[fields]]
document = "main"
signatory = "ada"
anchor = { text = "Sign here", dx = 4 }

[[stages]]
number = 2
rule = "any"
name = "board"
"""


def written(folder: Path, text: str) -> Path:
    """Write an envelope file beside a document."""
    (folder / "sub").mkdir()
    (folder / "sub" / "contract.pdf").write_bytes(b"%PDF-1.7 %%EOF")
    path = folder / "envelope.toml"
    path.write_text(text)
    return path


def content(document: Document) -> bytes:
    """Read a document's content."""
    with document.open() as stream:
        return stream.read()


def test_everything_the_model_knows_can_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each neutral key arrives in the envelope; document paths start at the file."""
    path = written(tmp_path, FULL)
    monkeypatch.chdir("/")
    envelope = read_envelope(path)
    assert (
        envelope.id,
        envelope.title,
        envelope.message,
        envelope.reference,
    ) == ("e-1", "Contract", "Please sign", "C-7")
    assert (
        envelope.language,
        envelope.country,
        envelope.tenant,
        envelope.tags,
    ) == ("fr", "FR", "paris", ("hr",))
    assert Assurance(level=Level.QES, floor=Level.AES, regime=Regime.ZERTES) == envelope.assurance
    assert datetime(2030, 6, 30, 16, tzinfo=UTC) == envelope.expires_at
    main, big, data = envelope.documents
    assert (main.id, main.name, content(main)) == ("main", "contract.pdf", b"%PDF-1.7 %%EOF")
    assert (big.sha256, big.role, big.kind) == ("aa11", DocumentRole.ATTACHMENT, ContentKind.DIGEST)
    assert (data.kind, content(data)) == (ContentKind.JSON, b'{"a":1}')
    ada = Signatory(
        id="ada",
        given_name="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        phone="+33612345678",
        birth_date=date(1815, 12, 10),
        verb=Verb.APPROVE,
        kind=SignatureKind.SEAL,
        delivery=DeliveryBy.LINK,
        stage=2,
        assurance=Assurance(level=Level.SES),
    )
    assert (ada,) == envelope.signatories
    rect = Rect(x=72, y=700.5, width=180, height=48)
    assert (
        Field(document="main", signatory="ada", page=-1, rect=rect, kind=FieldKind.INITIALS, required=False),
        Field(document="main", signatory="ada", anchor=Anchor(text="Sign here", dx=4)),
    ) == envelope.fields
    assert (Stage(number=2, rule=StageRule.ANY, name="board"),) == envelope.stages


def test_everything_wrong_is_said_at_once_without_values(tmp_path: Path) -> None:
    """One error lists all findings with key path and line; no name or address is repeated."""
    path = written(
        tmp_path,
        """titel = "c4n4ry"
level = "QUES"
expires_at = 2030-06-30T18:00:00
tags = "c4n4ry"
[[documents]]
path = "gone.pdf"
[[documents]]
path = "sub/contract.pdf"
sha256 = "aa"
[[documents]]
sha256 = "aa"
[[documents]]
name = "c4n4ry.json"
json = { at = 2030-01-01 }
[[signatories]]
given_name = 1
verb = "sing"
email = ["c4n4ry@example.org"]
birth_date = "1815-12-10"
floor = "high"
c4n4r = 1
[[fields]]
signatory = "ada"
rect = [1, 2, 3]
[[fields]]
document = "a"
signatory = "ada"
anchor = { tex = "x" }
rect = [1, 2, 3, "4"]
[[stages]]
rule = "some"
""",
    )
    with pytest.raises(InvalidEnvelope) as caught:
        read_envelope(path)
    expected = [
        ("titel", "key.unknown", 1),
        ("level", "level.unknown", 2),
        ("expires_at", "datetime.naive", 3),
        ("tags", "value.type", 4),
        ("documents[0].path", "document.missing", 6),
        ("documents[1]", "document.content", 7),
        ("documents[2].name", "key.missing", 10),
        ("documents[3].json", "json.value", 14),
        ("signatories[0].given_name", "value.type", 16),
        ("signatories[0].verb", "value.type", 17),
        ("signatories[0].email", "value.type", 18),
        ("signatories[0].birth_date", "value.type", 19),
        ("signatories[0].floor", "level.unknown", 20),
        ("signatories[0].c4n4r", "key.unknown", 21),
        ("fields[0].document", "key.missing", 22),
        ("fields[0].rect", "rect.form", 24),
        ("fields[1].anchor.tex", "key.unknown", 28),
        ("fields[1].anchor.text", "key.missing", 28),
        ("fields[1].rect[3]", "value.type", 29),
        ("stages[0].number", "key.missing", 30),
        ("stages[0].rule", "value.type", 31),
    ]
    found = [
        (problem.path, problem.code, int(problem.message.rsplit("line ", 1)[1].rstrip(")")))
        for problem in caught.value.problems
    ]
    assert sorted(expected) == sorted(found)
    assert [line for *_, line in expected] == [line for *_, line in found]
    assert "c4n4ry" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff", "not UTF-8"), (b"a = = 1", "not TOML"), (None, "cannot be read")]
)
def test_what_is_no_toml_is_a_usage_error(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that cannot be read as TOML is misuse, not a wrong envelope."""
    path = tmp_path / "envelope.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        read_envelope(path)
    assert not isinstance(caught.value, InvalidEnvelope)
