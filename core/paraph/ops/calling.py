"""One of the vendor's own actions: ``call``.

What can be known without reading a file is found out at once: a call costs little more than its request.
"""

from __future__ import annotations

import difflib
import functools
import types
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, Union, get_args, get_origin

from paraph.errors import UsageError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call as blocking
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel, account_of
from paraph.provider.action import Action
from paraph.provider.fitting import UnfitError, UnreadableFileError, declared, fitted, required

_PLAIN: Final = frozenset({str, int, bool, type(None)})
"""Types of values that need not be fitted where a parameter is declared to be of just that type."""


def call(kernel: Kernel, account: str, action: str, /, **params: Any) -> Flow[Any]:
    """Run one of the vendor's own actions and return its typed result.

    A text stands for a :class:`~paraph.Secret`, an ISO 8601 text for a date or an aware datetime,
    the value of an enumeration for its member, a path for a document; see ``paraph.provider.fitting``.

    :param action: such as ``signers.search``; ``paraph call ACCOUNT`` without one lists them.
    :raises UsageError: no such action, or parameters that do not fit.
    """
    chosen = yield from account_of(kernel, account)
    # By its one member, which is all that ``isinstance`` with ``OffersActions`` looks at, in much longer.
    actions: Mapping[str, Action[Any, Any]] | None = getattr(kernel.provider(chosen), "actions", None)
    if actions is None:
        msg = f"provider {chosen.provider!r} offers no single actions"
        raise UsageError(msg)
    found = actions.get(action)
    if found is None:
        near = difflib.get_close_matches(action, actions, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        known = ", ".join(sorted(actions))
        msg = f"provider {chosen.provider!r} has no action {action!r}; {hint}known: {known}"
        raise UsageError(msg)
    kind: Any = found.params
    plain = _parameters(kind)
    if not plain.keys() >= params.keys():
        params = _renamed(found, plain, params)
    if all(type(value) in plain[name] for name, value in params.items()):
        given = _made(action, kind, params)
    else:
        given = yield from blocking(_filled, action, kind, params)
    return (yield from under(kernel, chosen, found.run(chosen, given)))


def _renamed(action: Action[Any, Any], own: Collection[str], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters under their own names, where they were given by the vendor's.

    :raises UsageError: there is no such parameter, or it was given twice.
    """
    named = {word if word in own else action.parameter(word): value for word, value in params.items()}
    if len(named) < len(params):
        msg = (
            f"action {action.name!r}: a parameter was given under two names; its parameters: {', '.join(own)}"
        )
        raise UsageError(msg)
    unknown = sorted(set(named) - set(own))
    if unknown:
        msg = f"action {action.name!r} takes no {', '.join(unknown)}; its parameters: {', '.join(own)}"
        raise UsageError(msg)
    return named


@functools.lru_cache(maxsize=256)
def _parameters(kind: Any) -> Mapping[str, frozenset[Any]]:
    """Return the parameters by name, with the types of values that each takes as they are.

    Kept, since reading declared types takes longer than all the rest before a request.
    """
    return {name: _PLAIN.intersection(_options(wanted)) for name, wanted in declared(kind).items()}


def _options(wanted: Any) -> tuple[Any, ...]:
    return get_args(wanted) if get_origin(wanted) in (Union, types.UnionType) else (wanted,)


def _filled(action: str, kind: Any, given: Mapping[str, Any]) -> Any:
    """Fit what is given and make the parameter object of an action. It may read files.

    :raises UsageError: something is missing or of another type, and where; values are never shown.
    """
    wanted = declared(kind)
    fit: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in given.items():
        try:
            fit[name] = fitted(value, wanted[name])
        except UnreadableFileError as error:
            wrong[name] = f"{name}: {error}"
        except UnfitError as error:
            wrong[name] = ", ".join(name + each for each in error.wrong)
        except (TypeError, ValueError):
            wrong[name] = f"{name} has another type"
    return _made(action, kind, fit, wrong)


def _made(
    action: str, kind: Any, given: Mapping[str, Any], wrong: Mapping[str, str] = MappingProxyType({})
) -> Any:
    """Make the parameter object of an action, unless something is ``wrong``: a sentence by name.

    :raises UsageError: something is, or is missing.
    """
    if not wrong:
        try:
            return kind(**given)
        except (TypeError, ValueError):
            pass
    # Outside the handler, so that no traceback carries the values that did not fit.
    missing = [f"{name} is missing" for name in required(kind) if name not in given and name not in wrong]
    what = ", ".join([*wrong.values(), *missing]) or "its parameters do not fit"
    raise UsageError(f"action {action!r}: {what}; they are: {', '.join(_parameters(kind))}")
