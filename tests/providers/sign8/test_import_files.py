"""Wrong and hostile files: one clear error, never a traceback, and nothing of the file in it."""

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paraph.errors import ConfigurationError, MissingExtra
from paraph_sign8.dialect import parse
from paraph_sign8.importing import Imported, ImportFault, import_bytes, import_file, import_value
from paraph_sign8.importing.report import as_json, as_text
from paraph_sign8.importing.source import LARGEST

FOLDER = Path(__file__).parent / "collections"
VALID = [
    json.loads((FOLDER / name).read_text(encoding="utf-8"))
    for name in ("rest.postman.json", "deutsch.postman.json", "stranger.postman.json", "openapi.json")
]
V21 = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def collection(*items: Any, **rest: Any) -> bytes:
    """A Postman collection of these items."""
    return json.dumps({"info": {"name": "x", "schema": V21}, "item": list(items), **rest}).encode()


def openapi(**parts: Any) -> bytes:
    """An OpenAPI description of these parts."""
    return json.dumps({"openapi": "3.0.3", "info": {}, **parts}).encode()


def post(schema: Any) -> dict[str, Any]:
    """The paths of a description whose one call takes this schema."""
    content = {"content": {"application/json": {"schema": schema}}}
    return {"/signers": {"post": {"operationId": "addSigner", "requestBody": content}}}


def bomb() -> bytes:
    """YAML whose aliases unfold to ten to the power of nine texts."""
    lines = ["openapi: 3.0.0", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines).encode()


WRONG: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "the file is empty"),
    "blanks": (b" \n ", "the file is empty"),
    "html": (b"<!DOCTYPE html><title>Login</title>", "HTML or XML"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "this is a PDF; "),
    "pdf of plain letters": (b"%PDF-1.4 canary", "this is a PDF; "),
    "zip": (b"PK\x03\x04canary", "this is a ZIP archive or an office document; "),
    "toml": (b"# canary\n\n[organization]\nname = 1\n", "this is TOML"),
    "toml without a table": (b'base = "canary"\n', "this is TOML"),
    "binary": (b"\x00\x01\x02\x03", "binary"),
    "utf-16": ('{"info": {}}'.encode("utf-16"), "UTF-16"),
    "latin-1": ('{"name": "Müller"}'.encode("latin-1"), "not UTF-8 (byte 11)"),
    "broken json": (b'{"info": {"name": canary}}', "broken JSON"),
    "cut json": (collection()[:-3], "broken JSON"),
    "prose": (b"Dear customer, canary", "neither JSON nor an OpenAPI description in YAML"),
    "number": (b"42", "neither JSON nor an OpenAPI description in YAML"),
    "list": (b"[1, 2]", "is expected, not a list"),
    "other object": (b'{"canary": 1}', "some other object"),
    "v1": (b'{"id": "1", "name": "x", "order": [], "requests": []}', "Postman collection v1"),
    "v1 by its schema": (
        b'{"info": {"schema": "https://schema.getpostman.com/json/collection/v1.0.0/"}, "item": []}',
        "this is a Postman collection v1.0.0; export it as v2.1",
    ),
    "v3 by its schema": (
        b'{"info": {"schema": "https://schema.postman.com/collection/json/v3.0.0/"}, "item": []}',
        "this is a Postman collection v3.0.0; export it as v2.1",
    ),
    "empty v2.0": (
        b'{"info": {"schema": "https://schema.postman.com/collection/json/v2.0.0/"}, "item": []}',
        "the Postman collection v2.0.0 holds no request",
    ),
    "environment": (b'{"values": [], "_postman_variable_scope": "environment"}', "Postman environment"),
    "swagger 2": (b'{"swagger": "2.0", "paths": {}}', "another version"),
    "openapi 4": (b'{"openapi": "4.0.0", "paths": {}}', "another version"),
    "no request": (collection(), "holds no request"),
    "no call": (openapi(paths={}), "holds no call"),
    "nan": (b'{"info": NaN}', "NaN"),
    "infinity": (b'{"info": -Infinity}', "NaN or Infinity"),
    "digits": (b'{"info": ' + b"9" * 5000 + b"}", "thousands of digits"),
    "twice": (b'{"info": {}, "info": {}}', "the same name twice"),
    "twice in yaml": (b"openapi: 3.0.0\nopenapi: 3.0.1\n", "the same name twice"),
    "deep": (b'{"info": ' + b"[" * 100_000, "nested more than 64"),
    "deep but whole": (b"[" * 500 + b"]" * 500, "nested more than 64"),
    "deep yaml": (b"openapi: " + b"[" * 100_000, "nested more than 64"),
    "deep block yaml": (
        "\n".join(["openapi:", *(" " * n + "a:" for n in range(1, 201))]).encode(),
        "nested more than 64",
    ),
    "large": (b" " * (LARGEST + 1), "larger than 8 MiB"),
    "bomb": (bomb(), "aliases unfold"),
    "alias within itself": (b"openapi: &a [*a]", "within its own"),
    "alias of nothing": (b"openapi: *b", "no anchor before it"),
    "yaml object": (b"openapi: !!python/object/apply:os.system [canary]", "another version"),
    "two documents": (b"openapi: 1\n---\nb: 2\n", "one YAML document"),
    "no yaml": (b"openapi: [1\nb: }", "neither JSON nor YAML"),
    "odd yaml name": (b"openapi: 1\n? [a, b]\n: 1\n", "itself an object or a list"),
    "remote $ref": (openapi(paths=post({"$ref": "https://canary.example/x.yaml#/a"})), "another file"),
    "file $ref": (openapi(paths=post({"$ref": "../../etc/passwd"})), "another file"),
    "lost $ref": (openapi(paths=post({"$ref": "#/components/schemas/Canary"})), "leads to nothing"),
    "circular $ref": (
        openapi(paths=post({"$ref": "#/x/a"}), x={"a": {"$ref": "#/x/b"}, "b": {"$ref": "#/x/a"}}),
        "leads in a circle",
    ),
    "too many requests": (
        collection(*[{"name": "x", "request": {"url": "https://a.example/x"}}] * 3001),
        "more than 3000 requests",
    ),
    "too many values": (
        openapi(paths=post({"properties": {f"f{n}": {"type": "string"} for n in range(60_000)}})),
        "more than 50000 values",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_gives_one_clear_error(name: str) -> None:
    """The error says what the file is instead, and shows nothing of it."""
    raw, said = WRONG[name]
    with pytest.raises(ImportFault) as caught:
        import_bytes(raw)
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)
    assert isinstance(caught.value, ConfigurationError)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    """Whoever reads the error knows which file is meant; so for one that is not there, and for a folder."""
    path = tmp_path / "x.json"
    for wrong in (path, tmp_path):
        with pytest.raises(ImportFault, match=str(wrong)):
            import_file(wrong)
    path.write_bytes(b"[]")
    with pytest.raises(ImportFault, match=str(path)):
        import_file(path)


def test_a_recursive_schema_ends() -> None:
    """A schema that holds itself, directly and through others, is read to its first repetition."""
    node = {"type": "object", "properties": {"email": {"type": "string"}, "next": {"$ref": "#/x/node"}}}
    both = {"allOf": [{"$ref": "#/x/node"}, {"$ref": "#/x/both"}]}
    imported = import_bytes(openapi(paths=post({"$ref": "#/x/both"}), x={"node": node, "both": both}))
    values = {each.path: each.value for each in imported.findings}
    assert "email" == values["fields.signer.email"]


def test_a_huge_list_is_read_by_its_first_items() -> None:
    """A saved answer with a list of many rows costs no more than one with a few."""
    rows = json.dumps([{"id": str(n)} for n in range(100_000)])
    item = {
        "name": "List workflows",
        "request": {"method": "GET", "url": "https://a.example/workflows"},
        "response": [{"code": 200, "body": rows}],
    }
    values = {each.path: each.value for each in import_bytes(collection(item)).findings}
    assert "$" == values["answers.workflows"]


def test_without_the_library_for_yaml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON needs no extra; YAML says which one it needs."""
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    assert import_value(VALID[0])
    with pytest.raises(MissingExtra, match=r"paraph\[sign8\]"):
        import_bytes(b"openapi: 3.0.0\n")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.pdf", b"%PDF-1.7\ncanary"),
        ("a.toml", b"canary = 1\n"),
        ("a.toml", b"- canary\n"),
        ("a.html", b"<html>"),
        ("a.txt", b"openapi is canary"),
    ],
)
def test_what_is_no_yaml_does_not_ask_for_its_library(
    name: str, raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF, TOML, HTML and prose are called that by their first bytes and name, with the library or not."""
    path = tmp_path / name
    path.write_bytes(raw)
    said = []
    for _ in range(2):
        with pytest.raises(ImportFault) as caught:
            import_file(path)
        said.append(str(caught.value))
        monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    assert said[0] == said[1]
    assert "extra" not in said[0]
    assert "canary" not in said[0]


def test_a_file_that_is_called_yaml_asks_for_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is enough: whoever calls a file .yaml is told the command that installs the library."""
    path = tmp_path / "a.YAML"
    path.write_bytes(b"x: 1\n")
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(MissingExtra, match=r"pip install 'paraph\[sign8\]'"):
        import_file(path)


def test_yaml_and_json_say_the_same() -> None:
    """The same description gives the same dialect in either form."""
    as_yaml = _yaml(VALID[3])
    assert import_value(VALID[3]).text == import_bytes(as_yaml.encode()).text


def _yaml(value: Any) -> str:
    import yaml

    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    return text


def looked_at(value: Any) -> Imported | None:
    """Import and show; anything but a result or our own error is a failure of the test."""
    try:
        imported = import_value(value)
    except ImportFault:
        return None
    parse(tomllib.loads(imported.text))
    shown = [json.dumps(as_json(imported, Path("d.toml"))), *map(str, as_text(imported, Path("d.toml")))]
    for text in (imported.text, *shown):
        text.encode("utf-8")
    return imported


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_give_a_result_or_our_own_error(raw: bytes) -> None:
    """No file makes the import fail in another way."""
    try:
        import_bytes(raw)
    except ImportFault:
        return


@given(JSON)
def test_any_json_gives_a_result_or_our_own_error(value: Any) -> None:
    """No value makes the import fail in another way, however it is wrapped."""
    looked_at(value)
    looked_at({"info": {"schema": V21}, "item": value})
    looked_at({"info": {"schema": V21}, "item": [{"name": value, "request": value, "response": value}]})
    looked_at({"openapi": "3.1.0", "paths": value, "webhooks": value, "components": value})
    looked_at({"openapi": "3.1.0", "paths": {"/files": value, "/workflows": {"post": value}}})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_broken_description_gives_a_result_or_our_own_error(data: st.DataObject) -> None:
    """A good file in which anything was replaced gives a file that loads, or our own error."""
    value = copy.deepcopy(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 4))):
        place, key = data.draw(st.sampled_from(list(_places(value))))
        place[key] = copy.deepcopy(data.draw(JSON | ODD))
    looked_at(value)


ODD = st.sampled_from(
    [
        "{{", "}}", "{{a}}/b", "/a/{b", ":", "https://", "https://[", "http://x", "\ud800", "a\x00b",
        "\u202e",
        "ada@example.org", "a.b", "a b", "$", "[0]", "=" * 300, "%2e%2e", "/../..", "{workflow_id}{file_id}",
        "</script>", "#", '"', "\\", 10**30, -0.0, 1e300, {"$ref": "#"}, {"$ref": "#/paths"}, "email", "id",
    ]
)  # fmt: skip
"""Values that are plausible where they do not belong."""


def _places(value: Any) -> Any:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def test_data_in_names_is_not_shown() -> None:
    """Objects whose names are addresses or ids, and paths that hold them, appear as dots."""
    people = {"ada@example.org": {"email": "x@example.org"}, "5f0c2d1e-0000-4000-8000-000000000001": 1}
    item = {
        "name": "Add signer",
        "request": {
            "method": "POST",
            "url": "https://a.example/tenants/5f0c2d1e-0000-4000-8000-000000000001/signers",
            "body": {"mode": "raw", "raw": json.dumps({"people": people, "first_name": "x"})},
        },
        "response": [{"code": 200, "body": json.dumps({"ada@example.org": {"id": "1"}})}],
    }
    imported = looked_at(json.loads(collection(item)))
    assert imported is not None
    shown = imported.text + str(imported.findings) + str(imported.ignored)
    assert "example.org" not in shown
    assert "5f0c2d1e" not in shown


def test_credentials_in_addresses_are_not_shown() -> None:
    """A base URL with a user's name and password is neither written nor shown."""
    item = {"name": "Add signer", "request": {"method": "POST", "url": "https://ada:canary@a.test/signers"}}
    imported = looked_at(json.loads(collection(item)))
    assert imported is not None
    shown = imported.text + str(imported.findings) + str(imported.ignored) + str(imported.notes)
    assert "canary" not in shown
