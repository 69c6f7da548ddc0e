"""What the application's settings in the vendor's console forbid, read before sending (contract, appendix A).

An update that names a language, or extended sessions, is refused where the environment does not allow it, so
the application is read if an envelope asks for one of these. A setting that is not shown forbids nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from paraph.flow import Flow
from paraph.model import Envelope, Problem
from paraph.provider import Account
from paraph_ignisign.actions import APPLICATION_CONTEXT
from paraph_ignisign.checks import language_of, options_of, problem
from paraph_ignisign.params import ApplicationRef
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import ApplicationContext, EnvSettings


def console_problems(envelope: Envelope, account: Account[IgnisignSettings]) -> Flow[tuple[Problem, ...]]:
    """Read the application if need be, and say what it does not allow. Reads only."""
    if envelope.language is None and not options_of(envelope).extended_auth_session:
        return ()
    shown: ApplicationContext = yield from APPLICATION_CONTEXT.run(account, ApplicationRef())
    here = (shown.env_settings or {}).get(account.settings.credentials().app_env, EnvSettings())
    usual = shown.settings.default_language if shown.settings is not None else None
    return tuple(_forbidden(envelope, here, usual))


def _forbidden(envelope: Envelope, here: EnvSettings, usual: str | None) -> Iterator[Problem]:
    if here.language_can_be_changed is False and language_of(envelope) not in {None, usual}:
        hint = "leave language out, or allow it in Ignisign's console"
        fixed = problem("language", "language.fixed", "the application does not let it be chosen", hint)
        yield attrs.evolve(fixed, instead=None)
    if here.extended_auth_session_enabled is False and options_of(envelope).extended_auth_session:
        hint = "leave it out, or enable it in Ignisign's console"
        yield problem("options", "extended_auth_session.off", "the application has none of them", hint)
