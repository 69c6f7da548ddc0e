"""``paraph simulator --option KEY=VALUE``: read by declared types, given to whoever takes it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from paraph import Client
from paraph.errors import UsageError, VendorError
from paraph_simulator.options import read_options
from support.commands import Place


def one(
    *,
    words: Literal["old", "new"] = "old",
    page: Literal[0, 1] = 0,
    size: int = 1,
    ratio: float = 1.0,
    loud: bool = False,
    url: str | None = None,
    names: Iterable[str] | None = None,
    lasts: timedelta | None = None,
) -> None:
    """Take what one simulator takes."""


def other(*, size: int = 1, colour: str = "") -> None:
    """Take what another takes."""


FACTORIES: dict[str, Callable[..., object]] = {"one": one, "other": other}


def test_each_value_is_read_by_its_type_and_given_to_all_that_take_it() -> None:
    """JSON where the type is JSON's, seconds for a length of time, otherwise the text."""
    texts = {
        "words": "new",
        "page": "1",
        "size": "7",
        "ratio": "2",
        "loud": "true",
        "url": "12",
        "names": '["a", "b"]',
        "lasts": "1.5",
        "colour": '"red"',
    }
    expected = {
        "one": {
            "words": "new",
            "page": 1,
            "size": 7,
            "ratio": 2.0,
            "loud": True,
            "url": "12",
            "names": ("a", "b"),
            "lasts": timedelta(seconds=1.5),
        },
        "other": {"size": 7, "colour": "red"},
    }
    assert expected == read_options(texts, FACTORIES)
    assert {"one": {}, "other": {}} == read_options({}, FACTORIES)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("words", "newer", "'words' has to be one of old, new"),
        ("page", "2", "'page' has to be one of 0, 1"),
        ("size", "many", "'size' has another type"),
        ("size", "1.5", "'size' has another type"),
        ("loud", "yes", "'loud' has another type"),
        ("names", "abc", "'names' has another type"),
        ("names", '"abc"', "'names' has another type"),
        ("lasts", "1 hour", "'lasts' is a number of seconds"),
        ("lasts", "1e99", "'lasts' is a number of seconds"),
        ("sise", "1", "'sise'; did you mean 'size'? one has words, page, "),
        ("zzz", "1", "other has size, colour"),
    ],
)
def test_what_does_not_fit_is_named(key: str, text: str, said: str) -> None:
    """The option, and which values or names there are."""
    with pytest.raises(UsageError) as caught:
        read_options({key: text}, FACTORIES)
    assert said in str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place for one command."""
    return Place(root=tmp_path)


@pytest.mark.parametrize(
    ("given", "code"), [((), "FEATURE_NOT_AVAILABLE"), (("--option", "app_type=BARE_SIGNATURE"), "")]
)
def test_the_command_gives_options_to_the_simulator(place: Place, given: tuple[str, ...], code: str) -> None:
    """Only an application of that type has bare signatures; a simulator without the option does not mind."""
    words = ("--option", "vocabulary=quickstart", *given)
    with place.run("simulator", "--write", ".", *words) as running:
        running.wait_for("e-mails appear here")
        with Client.from_config(place.work / "paraph.toml") as client:
            assert "sign8" in client.config.accounts
            try:
                client.call("ignisign", "bare.configuration")
            except VendorError as error:
                assert code == error.code
            else:
                assert not code
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("vocabulry=quickstart", "did you mean 'vocabulary'?"),
        ("vocabulary=slang", "has to be one of models, quickstart"),
        ("vocabulary", "write KEY=VALUE"),
    ],
)
def test_a_wrong_option_is_exit_2(place: Place, given: str, said: str) -> None:
    """One sentence that says what there is, and no traceback."""
    with place.run("simulator", "--provider", "ignisign", "--option", given) as running:
        assert 2 == running.end(), running.output
    assert said in " ".join(running.output.split())
    assert "Traceback" not in running.output
