"""Where a plugin comes from, how it stands, and why one cannot be used, with what mends it."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable
from enum import StrEnum

import attrs

from paraph import errors
from paraph.model import Problem
from paraph.provider.info import PLUGIN_API, ProviderInfo

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+).*\bextra\s*==\s*['\"]([^'\"]+)['\"]", re.DOTALL)


class Status(StrEnum):
    """How a plugin stands."""

    ACTIVE = "active"
    """Loaded, because it is used."""
    AVAILABLE = "available"
    """Installed and sound, but not used."""
    DISABLED = "disabled"
    BROKEN = "broken"
    INCOMPATIBLE = "incompatible"
    CONFLICT = "conflict"


@attrs.frozen(kw_only=True, eq=False)
class Fault:
    """Why a plugin cannot be used.

    :ivar kind: the class of the error to raise.
    :ivar message: what is wrong. ``hint``: what mends it.
    """

    kind: type[errors.ConfigurationError]
    code: str
    message: str
    hint: str
    status: Status = Status.BROKEN
    cause: BaseException | None = None

    def error(self, name: str, where: str) -> errors.ConfigurationError:
        """Make the error for a request from ``where`` in the configuration."""
        problem = Problem(path=where, code=self.code, message=self.message, hint=self.hint)
        made = self.kind(f"plugin {name!r} cannot be used", [problem])
        made.__cause__ = self.cause
        return made


@attrs.frozen(kw_only=True, eq=False)
class Source:
    """One place that a plugin of some name comes from.

    :ivar group: :data:`~paraph.provider.loading.PROVIDERS` or :data:`~paraph.provider.loading.PLUGINS`.
    :ivar origin: the distribution, whose description is read when somebody asks for it; or words for it.
    :ivar module: dotted name of the module, empty for one given as an object.
    """

    name: str
    group: str
    origin: importlib.metadata.Distribution | str
    module: str = ""
    load: Callable[[], object]

    @property
    def distribution(self) -> str:
        """The distribution's name."""
        return self.origin if isinstance(self.origin, str) else self.origin.name

    @property
    def version(self) -> str:
        """The distribution's version; empty if it is none."""
        return "" if isinstance(self.origin, str) else self.origin.version

    @property
    def requires(self) -> tuple[str, ...]:
        """The distribution's requirements, to name the extra that a module belongs to."""
        return () if isinstance(self.origin, str) else tuple(self.origin.requires or ())

    @property
    def title(self) -> str:
        """The distribution with its version."""
        return f"{self.distribution} {self.version}".strip()


def broken(source: Source, what: str, cause: BaseException | None = None) -> Fault:
    """Make the fault of a plugin that is unfit; ``what`` goes on after its name."""
    return Fault(
        kind=errors.ProviderBroken,
        code="provider.broken",
        message=f"plugin {source.name!r} of {source.title} {what}",
        hint=f"mend or upgrade it (pip install --upgrade {source.distribution}), or disable it: "
        f'[plugins] disabled = ["{source.name}"]',
        cause=cause,
    )


def incompatible(source: Source, info: ProviderInfo, command: str) -> Fault:
    """Make the fault of a plugin for another plugin interface; ``command`` mends it."""
    return Fault(
        kind=errors.ProviderIncompatible,
        code="provider.incompatible",
        message=f"plugin {source.name!r} of {source.title} was written to the plugin interface "
        f"{_dotted(info.api)}, this paraph has {_dotted(PLUGIN_API)}",
        hint=command,
        status=Status.INCOMPATIBLE,
    )


def _dotted(api: tuple[int, int]) -> str:
    return ".".join(str(part) for part in api)


def missing_module(source: Source, missing: ModuleNotFoundError) -> Fault:
    """Make the fault of a plugin whose import failed; the extra that is missing is named if one is known."""
    top = (missing.name or "").partition(".")[0]
    if top and top == source.module.partition(".")[0]:
        return broken(source, f"names the module {missing.name!r}, which does not exist", missing)
    extra = _extra_of(top, source.requires)
    wanted = f"{source.distribution}[{extra}]" if extra else top
    return Fault(
        kind=errors.ProviderBroken,
        code="provider.dependency",
        message=f"plugin {source.name!r} of {source.title} needs the module {missing.name!r}, "
        "which is not installed",
        hint=f"pip install '{wanted}'",
        cause=missing,
    )


def _extra_of(module: str, requires: Iterable[str]) -> str | None:
    """Find the extra whose requirement is named like the module, ``-``, ``_`` and ``.`` being alike."""
    for requirement in requires:
        found = _REQUIREMENT.match(requirement)
        if found and _normal(found[1]) == _normal(module):
            return found[2]
    return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def conflict(name: str, sources: Iterable[Source]) -> Fault:
    """Make the fault of a name that several distributions offer."""
    owners = " and ".join(sorted(source.title for source in sources))
    return Fault(
        kind=errors.ProviderNameConflict,
        code="provider.conflict",
        message=f"the name {name!r} is offered by {owners}; none of them is loaded",
        hint="pip uninstall the one that you do not mean",
        status=Status.CONFLICT,
    )


def disabled(name: str, by: str) -> Fault:
    """Make the fault of a plugin that is switched off."""
    return Fault(
        kind=errors.ProviderDisabled,
        code="provider.disabled",
        message=f"plugin {name!r} is switched off by {by}",
        hint=f"take {name!r} out of it",
        status=Status.DISABLED,
    )


def not_installed(name: str, known: Iterable[str], near: str | None) -> Fault:
    """Make the fault of a name that nothing installed offers."""
    have = ", ".join(sorted(known)) or "none"
    mend = (
        f"did you mean {near!r}?"
        if near
        else f"pip install the distribution that offers it, by custom: pip install paraph-{name}"
    )
    return Fault(
        kind=errors.ProviderNotInstalled,
        code="provider.not_installed",
        message=f"no installed distribution offers a provider {name!r}; installed: {have}",
        hint=f"{mend} (list them: paraph providers)",
    )
