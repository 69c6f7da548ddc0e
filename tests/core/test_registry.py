"""Which provider a name stands for, and what is said when it stands for none."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from paraph import errors
from paraph.model import EvidenceKind, Problem
from paraph.provider import Capability, ProviderInfo, setting
from paraph.provider.faults import Status
from paraph.provider.hookspecs import hookimpl
from paraph.provider.loading import NEUTRAL
from paraph.provider.registry import DISABLE, ProviderListing, Registry
from paraph.testing import fake
from support.plugins import an_account, an_envelope, install, provider_module


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder on ``sys.path``; modules imported from it are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def module(**functions: object) -> types.ModuleType:
    """Make a plugin module of functions."""
    made = types.ModuleType("made")
    vars(made).update(functions)
    return made


def with_fake() -> Registry:
    """Make a registry that knows the fake provider only."""
    registry = Registry.empty()
    registry.register("fake", fake)
    return registry


def listed(registry: Registry, name: str) -> ProviderListing:
    """Return one entry of the listing."""
    return next(each for each in registry.listing() if each.name == name)


def problem_of(error: errors.ConfigurationError) -> str:
    """Return the only problem of an error as text."""
    (problem,) = error.problems
    return str(problem)


def test_installed_provider_is_found_by_its_entry_point(site: Path) -> None:
    """A distribution's entry point is all that a provider needs to be usable."""
    install(site, "paraph-acme", providers={"acme": "acme_a"}, modules={"acme_a": provider_module("acme")})
    registry = Registry()
    assert registry.info("acme").name == "acme"
    assert isinstance(registry.provider("acme"), fake.FakeProvider)


def test_only_named_providers_are_imported(site: Path) -> None:
    """Asking for one provider leaves another one's module alone."""
    install(site, "paraph-acme", providers={"acme": "acme_b"}, modules={"acme_b": provider_module("acme")})
    install(site, "paraph-other", providers={"other": "other_b"}, modules={"other_b": "raise SystemExit(9)"})
    Registry().provider("acme")
    assert "acme_b" in sys.modules
    assert "other_b" not in sys.modules


def test_unknown_name_says_where_what_and_the_nearest() -> None:
    """The error names the place that asked, what is installed, the nearest name and the listing command."""
    with pytest.raises(errors.ProviderNotInstalled) as caught:
        with_fake().provider("faek", where="accounts.hr.provider")
    text = problem_of(caught.value)
    assert text.startswith("accounts.hr.provider: ")
    assert "installed: fake" in text
    assert "did you mean 'fake'?" in text
    assert "paraph providers" in text
    assert "pip install" not in text


def test_unlike_name_says_what_to_install() -> None:
    """Without a similar name, the error gives the command that would install it."""
    with pytest.raises(errors.ProviderNotInstalled, match="pip install paraph-zebra"):
        with_fake().provider("zebra")


def test_broken_provider_hurts_nobody_else(site: Path) -> None:
    """A module that fails at import is one broken entry; another provider still works."""
    install(
        site,
        "paraph-bad",
        providers={"bad": "bad_c", "gone": "gone_c"},
        modules={"bad_c": "raise RuntimeError('no\\nluck')"},
        version="2.1",
    )
    install(site, "paraph-acme", providers={"acme": "acme_c"}, modules={"acme_c": provider_module("acme")})
    registry = Registry()
    with pytest.raises(
        errors.ProviderBroken, match=r"paraph-bad 2\.1 cannot be imported: RuntimeError: no luck"
    ) as caught:
        registry.provider("bad", where="accounts.x.provider")
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "pip install --upgrade paraph-bad" in problem_of(caught.value)
    assert Status.BROKEN is listed(registry, "bad").status
    assert "names the module 'gone_c'" in listed(registry, "gone").error
    assert Status.AVAILABLE is listed(registry, "acme").status


def test_missing_dependency_names_module_and_extra(site: Path) -> None:
    """A plugin whose optional dependency is absent says which extra brings it."""
    install(
        site,
        "paraph-acme",
        providers={"acme": "acme_d"},
        modules={"acme_d": "import fancy_hsm.client"},
        requires=['requests>=2; extra == "other"', 'Fancy.HSM>=1; python_version > "3" and extra == "hsm"'],
    )
    with pytest.raises(errors.ProviderBroken) as caught:
        Registry().provider("acme")
    assert "needs the module 'fancy_hsm'" in problem_of(caught.value)
    assert "pip install 'paraph-acme[hsm]'" in problem_of(caught.value)


def test_missing_dependency_without_extra_names_the_module(site: Path) -> None:
    """Where no extra is known, the module itself is what has to be installed."""
    install(site, "paraph-acme", providers={"acme": "acme_e"}, modules={"acme_e": "import nowhere_to_be"})
    with pytest.raises(errors.ProviderBroken, match="pip install 'nowhere_to_be'"):
        Registry().provider("acme")


def test_one_name_from_two_distributions_is_a_conflict(site: Path) -> None:
    """Neither of two claimants is imported, and both are named."""
    install(site, "paraph-acme", providers={"acme": "acme_f"}, modules={"acme_f": provider_module("acme")})
    install(site, "evil-acme", providers={"acme": "acme_g"}, modules={"acme_g": provider_module("acme")})
    registry = Registry()
    with pytest.raises(errors.ProviderNameConflict, match=r"evil-acme 1\.0 and paraph-acme 1\.0"):
        registry.provider("acme")
    assert {"acme_f", "acme_g"}.isdisjoint(sys.modules)
    assert Status.CONFLICT is listed(registry, "acme").status


def test_registering_a_taken_name_is_a_conflict() -> None:
    """An application cannot silently replace a provider either."""
    registry = with_fake()
    with pytest.raises(errors.ProviderNameConflict):
        registry.register("fake", module())
    assert fake.INFO is registry.info("fake")


@pytest.mark.parametrize(
    ("api", "command"),
    [
        ("(0, 9)", "pip install --upgrade paraph-acme"),
        ("(PLUGIN_API[0], PLUGIN_API[1] + 1)", "pip install --upgrade paraph"),
        ("(PLUGIN_API[0] + 1, 0)", "pip install --upgrade paraph"),
    ],
)
def test_interface_version_is_checked_both_ways(site: Path, api: str, command: str) -> None:
    """A plugin of another interface is incompatible, and the older side is the one to upgrade."""
    name = f"acme_api_{abs(hash(api))}"
    install(site, "paraph-acme", providers={"acme": name}, modules={name: provider_module("acme", api=api)})
    registry = Registry()
    with pytest.raises(errors.ProviderIncompatible) as caught:
        registry.provider("acme")
    assert caught.value.problems[0].hint == command
    assert Status.INCOMPATIBLE is listed(registry, "acme").status


@pytest.mark.parametrize("by", ["argument", "environment", "only"])
def test_disabled_provider_is_not_imported(site: Path, by: str) -> None:
    """A provider that is switched off is never imported, and the error says by what."""
    name = f"acme_off_{by}"
    install(site, "paraph-acme", providers={"acme": name}, modules={name: provider_module("acme")})
    registry = {
        "argument": lambda: Registry(disabled=["acme"], environ={}),
        "environment": lambda: Registry(environ={DISABLE: "other, acme"}),
        "only": lambda: Registry(only=["ignored"], environ={}),
    }[by]()
    with pytest.raises(errors.ProviderDisabled) as caught:
        registry.provider("acme")
    said = {"argument": "plugins.disabled", "environment": DISABLE, "only": "the application"}[by]
    assert said in problem_of(caught.value)
    assert name not in sys.modules
    assert Status.DISABLED is listed(registry, "acme").status


def test_provider_is_built_once_even_by_many_threads() -> None:
    """All threads get the same provider object."""
    registry = with_fake()
    start = threading.Barrier(8)
    found: list[object] = []

    def ask() -> None:
        start.wait()
        found.append(registry.provider("fake"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0]] * 8 == found


def test_description_hook_runs_once() -> None:
    """However often a provider is asked for, its plugin describes it once."""
    calls: list[int] = []

    @hookimpl
    def paraph_provider() -> ProviderInfo:
        calls.append(1)
        return fake.INFO

    registry = Registry.empty()
    registry.register("fake", module(paraph_provider=paraph_provider))
    for _ in range(3):
        registry.provider("fake")
        registry.info("fake")
        registry.listing()
    assert calls == [1]


def test_failing_build_is_a_broken_provider() -> None:
    """A provider object that cannot be made is reported like a broken plugin, with the cause."""

    def explode() -> fake.FakeProvider:
        raise RuntimeError("boom")

    @hookimpl
    def paraph_provider() -> ProviderInfo:
        return attrs.evolve(fake.INFO, build=explode)

    registry = Registry.empty()
    registry.register("fake", module(paraph_provider=paraph_provider))
    with pytest.raises(errors.ProviderBroken) as caught:
        registry.provider("fake")
    assert isinstance(caught.value.__cause__, RuntimeError)


def registered(info: ProviderInfo) -> Registry:
    """Make a registry that knows one provider of this description."""
    registry = Registry.empty()
    registry.register("fake", module(paraph_provider=hookimpl(lambda: info)))
    return registry


def test_late_import_names_module_and_extra(site: Path) -> None:
    """A module that is missing only when the provider is built is told like one that its module imports."""
    late = """
        import attrs
        from paraph.provider.hookspecs import hookimpl
        from paraph.testing import fake

        def build():
            import fancy_hsm_late

        @hookimpl
        def paraph_provider():
            return attrs.evolve(fake.INFO, name="acme", build=build)
    """
    install(
        site,
        "paraph-acme",
        providers={"acme": "acme_j"},
        modules={"acme_j": late},
        requires=['fancy-hsm-late; extra == "hsm"'],
    )
    registry = Registry()
    assert Status.AVAILABLE is listed(registry, "acme").status
    assert [Status.BROKEN] == [each.status for each in registry.listing(build=True) if each.name == "acme"]
    with pytest.raises(errors.ProviderBroken) as caught:
        registry.provider("acme")
    assert "needs the module 'fancy_hsm_late'" in problem_of(caught.value)
    assert "pip install 'paraph-acme[hsm]'" in problem_of(caught.value)


@pytest.mark.parametrize("key", NEUTRAL)
def test_settings_cannot_take_a_key_of_every_account(key: str) -> None:
    """A settings class with such a field would never be given it; the plugin is refused and the key named."""
    kind = attrs.make_class("Taking", {key: setting("A word."), "own": setting("A word.")}, frozen=True)
    with pytest.raises(errors.ProviderBroken, match=f"has the settings {key}, which are keys of every"):
        registered(attrs.evolve(fake.INFO, settings=kind))
    fields = {key: attrs.field(init=False, default=""), "own": setting("A word.")}
    registered(attrs.evolve(fake.INFO, settings=attrs.make_class("Leaving", fields, frozen=True)))


def test_settings_of_unreadable_types_are_refused() -> None:
    """A type that cannot be looked up is the plugin's fault, found when it is loaded."""
    kind = attrs.make_class("Odd", {"own": setting("A word.")}, frozen=True)
    kind.__annotations__["own"] = "NoSuchType"
    with pytest.raises(errors.ProviderBroken, match="types cannot be read: NameError"):
        registered(attrs.evolve(fake.INFO, settings=kind))


ABILITIES = {
    Capability.CANCEL: ("Cancels", "cancel"),
    Capability.CLOSE_DRAFT: ("ClosesDrafts", "close_draft"),
    Capability.ADOPT: ("Adopts", "adopt"),
    Capability.REMIND: ("Reminds", "remind"),
    Capability.SIGNING_LINK: ("GivesLinks", "signing_link"),
    Capability.EVENT_LIST: ("ListsEvents", "past_deliveries"),
    Capability.MANAGE_WEBHOOKS: ("ManagesWebhooks", "ensure_webhook"),
    None: ("SuppliesEvidence", "evidence", "fetch"),
}
"""The protocol and its methods of each capability; ``None`` stands for kinds of evidence."""


@pytest.mark.parametrize("able", [True, False])
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("capability", ABILITIES)
def test_abilities_and_capabilities_agree(
    capability: Capability | None, *, declared: bool, able: bool
) -> None:
    """A provider is refused exactly if it declares what it cannot do or can do what it does not declare."""
    protocol, *methods = ABILITIES[capability]
    offered = attrs.evolve(
        fake.CAPABILITIES,
        supported=fake.CAPABILITIES.supported | ({capability} if declared and capability else set()),
        evidence=frozenset({EvidenceKind.PROOF} if declared and capability is None else ()),
    )
    kind = type("Able", (fake.FakeProvider,), dict.fromkeys(methods if able else (), lambda: None))
    registry = registered(attrs.evolve(fake.INFO, capabilities=offered, build=kind))
    if able is declared:
        assert isinstance(registry.provider("fake"), kind)
        return
    with pytest.raises(errors.ProviderBroken, match="declare") as caught:
        registry.provider("fake")
    assert protocol in problem_of(caught.value)
    assert Status.BROKEN is listed(registry, "fake").status


@hookimpl
def wrong_argument(evnt: object) -> None:
    """Take an argument that the hook does not have."""


@hookimpl
def defaulted(event: object = None) -> None:
    """Declare a default, which pluggy 1.6 would never fill."""


@hookimpl(wrapper=True)
def wrapping(event: object) -> Iterator[None]:
    """Wrap, which paraph does not offer."""
    yield


def unmarked(event: object) -> None:
    """Look like a hook without being one."""


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ({"paraph_event": wrong_argument}, "evnt"),
        ({"paraph_event": defaulted}, "default for 'event'"),
        ({"paraph_event": wrapping}, "wrapper"),
        ({"paraph_event": unmarked}, "not marked"),
        ({"paraph_evnt": hookimpl(lambda: None)}, "unknown hook 'paraph_evnt'"),
        ({"paraph_provider": hookimpl(lambda: 7)}, "describes itself with a int"),
        ({"paraph_provider": hookimpl(lambda: fake.INFO)}, "calls itself 'fake'"),
        ({"paraph_provider": hookimpl(lambda: 1 / 0)}, "ZeroDivisionError"),
    ],
)
def test_unfit_plugin_is_refused_wholly(functions: dict[str, object], said: str) -> None:
    """A plugin that breaks a rule is refused with the reason, and nothing of it stays behind."""
    registry = Registry.empty()
    left_behind = Problem(path="title", code="left", message="left behind")
    functions = {"paraph_check_envelope": hookimpl(lambda: [left_behind]), **functions}
    with pytest.raises(errors.ProviderBroken) as caught:
        registry.register("odd", module(**functions))
    assert said in problem_of(caught.value)
    assert registry.check_envelope(an_envelope(), an_account()) == ()
    assert registry.listing() == ()
    registry.register("odd", module())
    assert [each.name for each in registry.listing()] == ["odd"]


def test_plugins_are_told_apart_by_identity() -> None:
    """An object that equals another would be taken for it; it is refused."""

    @attrs.frozen
    class Equal:
        name: str = "same"

    with pytest.raises(errors.ProviderBroken, match="equality"):
        Registry.empty().register("equal", Equal())


def test_one_module_under_two_names_is_used_once() -> None:
    """A second name for a module in use is broken: its company rules would count twice, or be lost."""
    rule = Problem(path="title", code="rule", message="no")
    registry, plugin = Registry.empty(), module(paraph_check_envelope=hookimpl(lambda: [rule]))
    registry.register("first", plugin)
    registry.register("second", plugin)
    codes = [problem.code for problem in registry.check_envelope(an_envelope(), an_account())]
    assert codes == ["rule", "provider.broken"]
    assert listed(registry, "second").status is Status.BROKEN


def test_properties_of_plugins_are_never_evaluated() -> None:
    """Registering a plugin object runs none of its properties."""

    class Touchy:
        @property
        def paraph_provider(self) -> ProviderInfo:
            raise AssertionError("evaluated")

        @property
        def secret(self) -> str:
            raise AssertionError("evaluated")

        @hookimpl
        def paraph_check_envelope(self) -> tuple[()]:
            return ()

    registry = Registry.empty()
    with pytest.raises(errors.ProviderBroken, match="paraph_provider"):
        registry.register("touchy", Touchy())


def test_listing_brings_nothing_into_use(site: Path) -> None:
    """Hooks of a provider that is only listed do not run; once it is used, they do."""
    more = """
        from paraph.model import Problem

        @hookimpl
        def paraph_check_envelope():
            return [Problem(path="title", code="no", message="no")]
    """
    install(
        site,
        "paraph-acme",
        providers={"acme": "acme_h"},
        modules={"acme_h": provider_module("acme", more=more)},
    )
    registry = Registry()
    assert Status.AVAILABLE is listed(registry, "acme").status
    assert registry.check_envelope(an_envelope(), an_account()) == ()
    registry.info("acme")
    assert Status.ACTIVE is listed(registry, "acme").status
    assert [problem.code for problem in registry.check_envelope(an_envelope(), an_account())] == ["no"]


def test_listing_shows_what_is_known() -> None:
    """The listing of a sound provider has its title, interface, capabilities and hooks."""
    found = listed(with_fake(), "fake")
    assert (found.title, found.api, found.kind, found.error) == ("Fake", "1.0", "provider", "")
    assert tuple(sorted(each.value for each in fake.CAPABILITIES.supported)) == found.capabilities
    assert found.hooks == ("paraph_provider",)


def test_empty_registry_sees_nothing_installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither installed plugins nor the environment reach an empty registry."""
    install(site, "paraph-acme", providers={"acme": "acme_i"}, modules={"acme_i": provider_module("acme")})
    monkeypatch.setenv(DISABLE, "fake")
    registry = with_fake()
    assert [each.name for each in registry.listing()] == ["fake"]
    assert isinstance(registry.provider("fake"), fake.FakeProvider)
    assert "acme" in {each.name for each in Registry().listing()}


def test_two_registries_share_nothing() -> None:
    """What one application registers, another does not see."""
    first, second = with_fake(), Registry.empty()
    assert first.provider("fake") is not with_fake().provider("fake")
    with pytest.raises(errors.ProviderNotInstalled):
        second.provider("fake")
