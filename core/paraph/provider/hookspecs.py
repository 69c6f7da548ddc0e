"""The hooks that a plugin may implement.

A plugin is a module with functions marked ``@paraph.hookimpl`` and named like the
methods of :class:`Hooks`; ``self`` is left out, and so is every argument that the
plugin has no use for. Rules:

- Arguments have no defaults: some versions of pluggy would then not pass them.
- Hook wrappers are not offered. They cannot span an asynchronous operation, and
  implementations are called one at a time so that one failing plugin is named.
- A marked function whose name is no hook makes the plugin broken, and so does an
  unmarked function that is named like a hook: a company rule that silently never
  runs is worse than an error.

Nothing but :class:`~paraph.provider.registry.Registry` calls a hook.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    from paraph.model import Envelope, Event, Problem
    from paraph.provider.account import Account
    from paraph.provider.info import ProviderInfo

PROJECT = "paraph"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's function as the implementation of a hook."""


class Hooks(Protocol):
    """Every hook, with when it is called and what its answer means."""

    @hookspec
    def paraph_provider(self) -> ProviderInfo:
        """Describe the provider.

        Called once when the plugin is loaded: when an account names it, or for a listing.
        Exactly one per provider module; no input or output, no credentials. An exception
        makes this provider broken and no other.
        """
        ...

    @hookspec(firstresult=True)
    def paraph_resolve_secret(self, reference: str) -> str | None:
        """Return the secret behind a reference such as ``acme:signing/key``.

        Called on the first use of an account, in the caller's thread, once for each
        reference whose scheme is not paraph's own (``env``, ``file``, ``keyring``, ``vault``).
        The first answer wins; ``None`` means "not my scheme". An exception becomes a
        configuration error that names the plugin; its text is not shown, as it may hold the secret.
        """

    @hookspec
    def paraph_check_envelope(self, envelope: Envelope, account: Account[Any]) -> Iterable[Problem]:
        """Return what company rules have against sending ``envelope`` through ``account``.

        Called at every check and before every send, in the caller's thread; no input or
        output. An empty answer or ``None`` permits. An exception refuses: a rule that cannot be
        evaluated is a problem that names the plugin.
        """
        ...

    @hookspec
    def paraph_event(self, event: Event) -> None:
        """Observe an event that is new to the ledger.

        Called after the event is committed, in the thread that processed it. The answer is
        ignored. An exception is logged with the plugin's name, and the other observers still run;
        an observer must therefore not be relied on for work that has to happen.
        """


HOOKS = ("paraph_provider", "paraph_resolve_secret", "paraph_check_envelope", "paraph_event")
"""The names of all hooks."""
