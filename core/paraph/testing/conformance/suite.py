"""The suite as a pytest class. pytest itself is not imported: it finds the class by its names."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from paraph.provider.registry import Registry
from paraph.testing.conformance.catalogue import Check, checks, run_check
from paraph.testing.conformance.findings import NotConformingError, expect, fail
from paraph.testing.conformance.ground import Ground
from paraph.testing.conformance.subject import Style, Subject
from paraph.testing.simulator import Simulator

if TYPE_CHECKING:
    import pytest


class ProviderConformance:
    """Subclass it in a test file, name the provider, and pytest checks every promise that it makes.

    :cvar provider: what configuration calls it.
    :cvar plugin: its module, where no entry point leads to it.
    :cvar accounts: accounts to check by name, each with the keys of its table that differ from those of the
        simulator's own account; ``None`` leaves a key out.
    :cvar exempt: checks that are known to fail, by name, or by ``"account: name"``, with the reason. One that
        does not fail any more fails: an exemption never outlives its reason.
    :cvar uncertain: accounts that offer reading, but by which not every interrupted step can be found out.
    :cvar styles: the clients to use; with one of them it takes half the time.
    :cvar published: what the simulator calls it in its journal of effects when an envelope reaches people.
    :cvar patience: seconds of real time after which what was to happen counts as not happening.
    """

    provider: ClassVar[str] = ""
    plugin: ClassVar[object | None] = None
    accounts: ClassVar[Mapping[str, Mapping[str, object]]] = MappingProxyType({"default": {}})
    exempt: ClassVar[Mapping[str, str]] = MappingProxyType({})
    uncertain: ClassVar[Collection[str]] = ()
    styles: ClassVar[Collection[Style]] = tuple(Style)
    published: ClassVar[str] = "published"
    patience: ClassVar[float] = 10.0

    _ground: ClassVar[Ground | None] = None

    def simulator(self) -> Simulator:
        """Make a new simulator of the vendor; by default the one that the provider's description names."""
        dotted = self._registry().info(self.provider).simulator
        expect(dotted, f"provider {self.provider!r} names no simulator", hint="or override simulator()")
        module, _, function = dotted.partition(":")
        return cast("Callable[[], Simulator]", getattr(importlib.import_module(module), function))()

    @classmethod
    def setup_class(cls) -> None:
        """Open the addresses that all checks use."""
        cls._ground = Ground()
        cls._ground.__enter__()

    @classmethod
    def teardown_class(cls) -> None:
        """Close them."""
        if cls._ground is not None:
            cls._ground.__exit__(None, None, None)
            cls._ground = None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of each check of each account, with each kind of client."""
        if metafunc.function.__name__ != "test_conforms":
            return
        every = [
            (subject, check, style)
            for subject in self._subjects()
            for check in checks(subject.offered()[1])
            for style in [each for each in check.styles if each in self.styles] or check.styles[:1]
        ]
        self._know(every)
        names = [_name(subject.variant, check.name, style) for subject, check, style in every]
        metafunc.parametrize(("subject", "check", "style"), every, ids=names)

    def test_conforms(self, subject: Subject, check: Check, style: Style) -> None:
        """The provider keeps this promise; one that is exempt breaks it."""
        reason = self.exempt.get(check.name) or self.exempt.get(f"{subject.variant}: {check.name}")
        if self._ground is None:
            self.setup_class()
        try:
            run_check(subject, check, style, cast("Ground", self._ground))
        except NotConformingError:
            if reason is None:
                raise
        else:
            expect(
                reason is None, f"unexpected success: {check.name!r} is exempt ({reason})", hint="take it out"
            )

    def _registry(self) -> Registry:
        if self.plugin is None:
            return Registry(environ={})
        registry = Registry.empty()
        registry.register(self.provider, self.plugin)
        return registry

    def _subjects(self) -> list[Subject]:
        return [
            Subject(
                provider=self.provider,
                plugin=self.plugin,
                simulator=self.simulator,
                variant=name,
                changes=changes,
                uncertain=name in self.uncertain,
                published=self.published,
                patience=self.patience,
            )
            for name, changes in self.accounts.items()
        ]

    def _know(self, every: list[tuple[Subject, Check, Style]]) -> None:
        """Refuse exemptions that exempt nothing, and those without a reason."""
        known: set[Any] = {check.name for _, check, _ in every}
        known |= {f"{subject.variant}: {check.name}" for subject, check, _ in every}
        for name, reason in self.exempt.items():
            if name not in known:
                fail(f"exempt names {name!r}, which is no check of this provider")
            expect(reason.strip(), f"the exemption of {name!r} has no reason")


def _name(variant: str, check: str, style: Style) -> str:
    return f"{variant}-{check.replace(' ', '_').replace(',', '')}-{style.value}"
