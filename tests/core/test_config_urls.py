"""The store's URL and the public one: what the file alone shows is found when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from paraph.config import Config
from paraph.errors import ConfigurationError, MissingSecret
from paraph.store import open_store
from support.configs import MINIMAL, loaded, problems_of


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@app.example/hooks",
        "https://app.example/hooks?key=hunter2",
        "https://app.example/hooks#hunter2",
        "https://app.example/hooks?",
        "https:///hunter2",
        "https://app.example:hunter2/",
        "https://[hunter2/",
        "https://app.example/hunter2 x",
    ],
)
def test_a_public_url_is_a_host_and_a_path(tmp_path: Path, url: str) -> None:
    """Account and secret follow it, and it is shown: nothing else may stand in it, and it is not repeated."""
    found = problems_of(tmp_path, f'{MINIMAL}[webhooks]\npublic_url = "{url}"\n')
    assert {"webhooks.public_url": "url.invalid"} == {path: each.code for path, each in found.items()}
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("url", "code", "hint"),
    [
        ("mysql://u:hunter2@h/db", "store.unknown", "known: memory:"),
        ("sqllite:///x.db", "store.unknown", "did you mean sqlite:…?"),
        ("evn:DATABASE", "store.unknown", "did you mean env:…?"),
        ("paraph.db", "store.unknown", "sqlite:///paraph.db"),
        ("sqlite:///", "store.form", "sqlite:///paraph.db"),
        ("sqlite://x.db", "store.form", "sqlite:///paraph.db"),
        ("sqlite:x.db", "store.form", "sqlite:///paraph.db"),
        ("sqlite:///x.db?mode=ro", "store.form", "sqlite:///paraph.db"),
        ("sqlite:///:memory:", "store.form", "memory:"),
        ("memory:x", "store.form", "write memory:"),
        ("postgresql:db", "store.form", "postgresql://user@host/database"),
    ],
)
def test_a_store_that_cannot_be_opened_is_found_in_the_file(
    tmp_path: Path, url: str, code: str, hint: str
) -> None:
    """What the file alone shows is told with the rest: the same URL is refused when it is opened."""
    found = problems_of(tmp_path, f'{MINIMAL}[store]\nurl = "{url}"\n')["store.url"]
    assert (code, True) == (found.code, hint in found.hint)
    assert "hunter2" not in str(found)
    if not url.startswith("evn:"):
        with pytest.raises(ConfigurationError):
            open_store(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, "memory:"),
        ("memory:", "memory:"),
        ("sqlite:////var/paraph.db", "sqlite:////var/paraph.db"),
        ("postgresql://ada@db/x", "postgresql://ada@db/x"),
        ("env:DATABASE", "postgresql://ada:pw@db/x"),
        ("env:FILE_URL", "sqlite:///{folder}/own.db"),
    ],
)
def test_store_url(tmp_path: Path, url: str | None, expected: str) -> None:
    """The URL is taken, looked up, or resolved from the file's folder; without one it is memory."""
    environ = {"DATABASE": "postgresql://ada:pw@db/x", "FILE_URL": "sqlite:///own.db"}
    config = loaded(tmp_path, MINIMAL + (f'[store]\nurl = "{url}"\n' if url else ""), environ=environ)
    assert expected.format(folder=tmp_path.resolve()) == config.store_url
    assert "ada" not in repr(config)


def test_store_reference_that_leads_nowhere(tmp_path: Path) -> None:
    """A store behind a reference that is not set is a missing secret at store.url."""
    config = loaded(tmp_path, MINIMAL + '[store]\nurl = "env:GONE"\n')
    with pytest.raises(MissingSecret, match=r"store\.url: the environment variable GONE is not set"):
        _ = config.store_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://ada:hunter2@db/x", True),
        ("postgresql://db/x?user=ada&password=hunter2", True),
        ("postgresql://db/x?sslpassword=hunter2", True),
        ("postgresql://ada@db/x?options=-csearch_path%3Dpassword", False),
        ("sqlite:///paraph.db", False),
    ],
)
def test_a_password_anywhere_in_the_stores_url_is_refused(url: str, *, expected: bool) -> None:
    """A password before the host or among the driver's options is an inline secret, never repeated."""
    text = ""
    try:
        Config.from_mapping({"store": {"url": url}, "accounts": {}})
    except ConfigurationError as error:
        text = str(error)
    assert expected == ("secret.inline" in text)
    assert "hunter2" not in text
