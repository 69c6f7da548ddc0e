"""Settings classes of providers: options by their types, compared with each other and the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import pytest

from paraph.errors import ConfigurationError
from paraph.model import Problem, Secret
from paraph.provider import setting
from support.configs import settings_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def shouted(value: object) -> str:
    """Accept texts without blanks."""
    if not isinstance(value, str) or " " in value:
        raise ValueError("no blanks, please")
    return value.upper()


@attrs.frozen(kw_only=True)
class Typed:
    """One option of each further type."""

    colour: Colour = setting("a", default=Colour.RED)
    ratio: float = setting("b", default=0.5)
    either: int | str | None = setting("c", default=None)
    names: frozenset[Colour] = setting("d", default=frozenset())
    numbers: Mapping[str, int] = setting("e", default=None)
    folder: Path | None = setting("f", default=None)
    anything: Any = setting("g", default=None)
    word: str = setting("h", default="X", converter=shouted)


def test_options_are_structured_by_their_types() -> None:
    """Words become members, whole numbers become floats where floats are declared, and so on."""
    config = settings_of(
        Typed,
        colour="blue",
        ratio=1,
        either="x",
        names=["red"],
        numbers={"a": 1},
        folder="a/b",
        anything=[1],
        word="abc",
    )
    expected = Typed(
        colour=Colour.BLUE,
        ratio=1.0,
        either="x",
        names=frozenset({Colour.RED}),
        numbers={"a": 1},
        folder=Path("a/b").absolute(),
        anything=[1],
        word="abc",
    )
    settings = config.account("hr").settings
    assert expected == settings
    assert float is type(settings.ratio)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("colour", "green", "has to be one of red, blue"),
        ("ratio", "1", "has to be a number, not a text"),
        ("ratio", True, "has to be a number, not true or false"),
        ("either", 1.5, "a whole number.* or .*a text"),
        ("names", "red", "has to be an array, not a text"),
        ("names[0]", ["rde"], "has to be one of red, blue"),
        ("numbers.a", {"a": "1"}, "has to be a whole number"),
        ("numbers", [1], "has to be a table, not an array"),
        ("word", "a b", "no blanks, please"),
    ],
)
def test_wrong_types_are_never_coerced(option: str, value: object, said: str) -> None:
    """A value of another type than declared is a problem of its key, or of its own place within the value."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        settings_of(Typed, **{re.split(r"[.[]", option)[0]: value})
    assert [f"accounts.hr.{option}"] == [problem.path for problem in caught.value.problems]


@attrs.frozen(kw_only=True)
class EitherKey:
    """A key, or an id with its secret."""

    api_key: Secret | None = setting("The key.", default=None)
    app_secret: Secret | None = setting("The secret of the id.", default=None)
    limit: int = setting("At most.", default=1, converter=int)

    def problems(self) -> tuple[Problem, ...]:
        """Demand exactly one of the two."""
        if bool(self.api_key) == bool(self.app_secret):
            return (Problem(path="api_key", code="key.either", message="give one of the two"),)
        return ()

    def __attrs_post_init__(self) -> None:
        if self.limit > 9:
            raise ValueError("the limit is at most 9")


def test_settings_class_checks_between_its_options() -> None:
    """What a settings class finds between options is reported when the file is loaded, without secrets."""
    assert settings_of(EitherKey, api_key="env:KEY").account("hr").settings.api_key == Secret("v")
    for options in ({}, {"api_key": "env:KEY", "app_secret": "env:KEY"}):
        with pytest.raises(ConfigurationError, match="give one of the two") as caught:
            settings_of(EitherKey, **options)
        assert [problem.path for problem in caught.value.problems] == ["accounts.hr.api_key"]
    with pytest.raises(ConfigurationError, match="the limit is at most 9"):
        settings_of(EitherKey, api_key="env:KEY", limit=10)


@attrs.frozen(kw_only=True)
class Strict:
    """Options that are compared with each other, and with the account's environment."""

    place: str = setting("Where.")
    key: Secret | None = setting("The key.", default=None)
    other_key: Secret | None = setting("Another key.", default=None)
    limit: int = setting("At most.", default=1)
    stage: str = setting("The vendor's environment.", default="test", converter=str.lower)

    def problems(self) -> tuple[Problem, ...]:
        """Demand a place without slash, one key, and a small limit."""
        found = [("place", "place.form", "/" in self.place or not self.place)]
        found.append(("key", "key.missing", self.key is None and self.other_key is None))
        found.append(("other_key", "key.mixed", self.key is not None and self.other_key is not None))
        found.append(("limit", "limit.range", self.limit > 9))
        return tuple(Problem(path=path, code=code, message="no") for path, code, wrong in found if wrong)

    def environment_problems(self, environment: str) -> tuple[Problem, ...]:
        """Demand the same environment."""
        wrong = self.stage != environment
        return (Problem(path="stage", code="stage.other", message="no"),) if wrong else ()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"place": "a/b", "limit": 10, "stage": 3}, {"place", "limit", "stage", "key"}),
        ({"place": 3, "limit": 10, "key": "inline"}, {"place", "limit", "key"}),
        ({"limit": 10, "key": "env:KEY", "other_key": "inline"}, {"place", "limit", "other_key"}),
        ({"place": "a/b", "key": "env:KEY", "colour": 1}, {"place", "colour"}),
        ({"place": "a", "limit": "1", "key": "env:KEY"}, {"limit"}),
    ],
)
def test_options_are_compared_although_one_cannot_be_read(
    options: dict[str, object], expected: set[str]
) -> None:
    """One round tells all: wrong types, inline secrets and missing keys hide nothing, nor say it twice."""
    with pytest.raises(ConfigurationError) as caught:
        settings_of(Strict, **options)
    found = [problem.path.removeprefix("accounts.hr.") for problem in caught.value.problems]
    assert sorted(expected) == sorted(found)
    assert "inline" not in str(caught.value).replace("secret.inline", "")


def test_options_are_compared_with_the_environment() -> None:
    """An account whose options are for another environment than it says cannot be used."""
    with pytest.raises(ConfigurationError, match=r"accounts\.hr\.stage"):
        settings_of(Strict, place="a", key="env:KEY", stage="PRODUCTION").account("hr")
    assert settings_of(Strict, place="a", key="env:KEY", stage="TEST").account("hr")
