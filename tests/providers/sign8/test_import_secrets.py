"""Secrets where nobody expects them: in the names and paths of a file, and never in what comes out of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from paraph.cli.app import run
from paraph_sign8.importing import Verdict, import_value
from paraph_sign8.importing.description import is_data, shown
from paraph_sign8.importing.findings import Board

V21 = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
A = "https://a.example"
CANARY = "canary"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary-signature"
KEY = "sk_live_canary"
HEX = "0123456789abcdef0123456789abcdef"
MIXED = "Zq3vT9xLw2Rk7Bn5Yp8Md4Hc6J"
SECRETS = (JWT, KEY, "pk_test_canary", HEX, MIXED, "Bearer%20canary", "bearer+canary", "Bearer:canary")
Captured = pytest.CaptureFixture[str]


def call(name: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request of a collection."""
    request: dict[str, Any] = {"method": "POST", "url": f"{A}{path}"}
    if body is not None:
        request["body"] = {"mode": "raw", "raw": json.dumps(body)}
    return {"name": name, "request": request}


def collection(*items: Any) -> dict[str, Any]:
    """A collection of these requests."""
    return {"info": {"name": "x", "schema": V21}, "item": list(items)}


def everything(value: Any, folder: Path, capsys: Captured) -> str:
    """What the command prints as tables and as JSON, and the file that it writes."""
    (folder / "c.json").write_text(json.dumps(value))
    words = ["sign8", "import", str(folder / "c.json"), "--output", str(folder / "d.toml"), "--force"]
    run(words)
    run([*words, "--json"])
    written = capsys.readouterr()
    return written.out + written.err + (folder / "d.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("secret", [*SECRETS, f"v%20{JWT}", "Bearer canary"])
def test_a_secret_in_a_path_is_refused_and_not_shown(secret: str, tmp_path: Path, capsys: Captured) -> None:
    """A call whose path holds a secret is not offered, and neither table, file nor JSON shows the secret."""
    value = collection(call("Add signer", f"/AddSigner/{secret}"), call("Ping", f"/ping/{secret}/x"))
    said = everything(value, tmp_path, capsys)
    assert secret not in said
    assert CANARY not in said
    assert "POST /AddSigner/{…}: its path holds somebody's data" in said
    found = {each.path: each for each in import_value(value).findings}["operations.add_signer.path"]
    assert (Verdict.NOT_FOUND, "") == (found.verdict, found.value)


@pytest.mark.parametrize("secret", [*SECRETS, "Bearer canary", f"(token={KEY})", f"x/{JWT}"])
def test_a_secret_in_a_name_is_masked(secret: str, tmp_path: Path, capsys: Captured) -> None:
    """Names of requests and folders are shown with dots for the secret; the rest of them stays readable."""
    value = collection(
        call(f"Add signer {secret}", "/signers", {"email": "x"}),
        call(f"Ping {secret}", "/ping"),
        {"name": f"Workflow {secret}", "item": [call(f"Start {secret}", "/go", {"workflow_id": "x"})]},
    )
    said = everything(value, tmp_path, capsys)
    assert secret not in said
    assert CANARY not in said
    assert "POST /ping (Ping" in said


@pytest.mark.parametrize("secret", [JWT, KEY, HEX, MIXED])
def test_a_secret_in_the_name_of_a_field_is_masked(secret: str, tmp_path: Path, capsys: Captured) -> None:
    """Bodies, answers and headers whose names hold a secret give nothing of it away."""
    item = call("Add signer", "/signers", {"email": "x", f"phone_{secret}": "x", secret: {"first_name": "x"}})
    item["request"]["header"] = [{"key": f"X-{secret}", "value": "{{a}}"}]
    item["response"] = [{"code": 200, "body": json.dumps({f"signer_{secret}": "x", "id": "y"})}]
    said = everything(collection(item), tmp_path, capsys)
    assert secret not in said
    assert CANARY not in said


def test_a_secret_before_a_variable_is_no_scheme(tmp_path: Path, capsys: Captured) -> None:
    """What stands before the variable of a header becomes a part of its template only if it is a word."""
    for word, template in ((KEY, "{secret}"), ("Token", "Token {secret}")):
        item = call("Add signer", "/signers", {"email": "x"})
        item["request"]["header"] = [{"key": "X-Api-Key", "value": f"{word} {{{{a}}}}"}]
        said = everything(collection(item), tmp_path, capsys)
        assert CANARY not in said
        assert f'template = "{template}"' in said


@pytest.mark.parametrize("name", ["/AddSigner", "/v2/signers", "/sk/signers", "/bearer/signers"])
def test_an_ordinary_path_is_offered(name: str) -> None:
    """The control: a path that only looks a little like a secret is placed as it is."""
    found = {each.path: each.value for each in import_value(collection(call("Add signer", name))).findings}
    assert name == found["operations.add_signer.path"]


@pytest.mark.parametrize("example", [HEX, MIXED])
def test_a_long_random_text_behind_a_thing_is_its_id(example: str) -> None:
    """Behind "workflows" such a text is an example of a workflow's id, and becomes one."""
    value = collection(call("Add signer", f"/workflows/{example}/signers"))
    result = import_value(value)
    found = {each.path: each.value for each in result.findings}
    assert "/workflows/{workflow_id}/signers" == found["operations.add_signer.path"]
    assert example not in result.text


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_data(secret: str) -> None:
    """JWTs, keys, bearer tokens and long random texts are data, also in the middle of a line."""
    assert is_data(secret)
    assert secret not in shown(f"before({secret}) after")


@pytest.mark.parametrize(
    "name", ["sk_name", "pk_id", "bearer", "keyJobs", "AddSignatureToWorkflowDocument", "isEyJumping"]
)
def test_names_are_not_secrets(name: str) -> None:
    """Names that share a few letters with secrets stay visible."""
    assert not is_data(name)
    assert name == shown(name)


@pytest.mark.parametrize("secret", SECRETS)
def test_the_board_takes_no_secret(secret: str) -> None:
    """Whichever way a secret comes, it is no value of a finding and in no word that is said about one."""
    board = Board()
    for value in (secret, [secret]):
        board.put("answers.link", value, 100, "x")
        assert Verdict.NOT_FOUND is board.findings["answers.link"].verdict
    board.put("auth.header", "X-Key", 100, f"the header {secret}")
    board.miss("status.status", f"equally good: {secret}")
    board.clear("status.reason", f"turned off: {secret}")
    board.ignore(f"header {secret}", f"as {secret}")
    board.note(f"words: {secret}")
    assert "X-Key" == board.findings["auth.header"].value
    assert secret not in str(board)
