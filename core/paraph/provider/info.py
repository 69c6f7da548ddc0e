"""What a provider says about itself: static, without credentials, without network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import attrs

from paraph.provider.capability import Capabilities

if TYPE_CHECKING:
    from paraph.provider.protocol import Provider

PLUGIN_API: Final = (1, 0)
"""The version of the plugin interface that this core implements: (major, minor).

A plugin runs if its major number is equal and its minor number is not higher.
"""


BRANDING: Final = "branding"
"""Marks, in a field's metadata, an envelope option that says how pages and mails look."""


@attrs.frozen(kw_only=True, eq=False)
class ProviderInfo:
    """The description that a provider's hook ``paraph_provider`` returns.

    :ivar name: the entry point's name, which configuration uses.
    :ivar title: the vendor's name as people write it.
    :ivar api: the plugin interface that it was written to.
    :ivar settings: frozen attrs class of an account's options; every field's metadata has
        ``help``; fields of type :class:`~paraph.Secret` hold secrets. Build them with :func:`setting`.
        A method ``problems() -> tuple[Problem, ...]`` finds what is wrong with the values
        together; its paths are names of fields. It is also called before secrets are resolved
        (a secret then holds its reference), so it must not look inside them.
        A method ``environment_problems(environment)`` finds what is wrong between them and the account's
        environment, ``test`` or ``production``; the same rules. Both are also called while some keys could
        not be read: defaults, or empty texts, stand in for these, and what is said of them is left out.
    :ivar envelope_options: attrs class that applications may put into ``Envelope.options``. A field with
        ``metadata={BRANDING: True}`` and the default ``None`` may also be given by an account's defaults.
    :ivar build: makes the provider object; called once per registry, without I/O.
    :ivar simulator: dotted name ``module:function`` of the vendor's simulator, or empty.
    :ivar documentation: where the vendor documents its API.
    :ivar webhook_headers: lower-case names of the request headers that ``observe`` and ``verify``
        need, such as a signature's; others are not kept with a delivery.
    :ivar seen_live: whether the plugin was ever run against the live vendor.
    """

    name: str
    title: str
    summary: str
    api: tuple[int, int]
    capabilities: Capabilities
    settings: type
    build: Callable[[], Provider]
    envelope_options: type | None = None
    simulator: str = ""
    documentation: str = ""
    webhook_headers: frozenset[str] = frozenset()
    seen_live: bool = False


def setting(
    help: str,  # noqa: A002 - the word users see
    *,
    default: object = attrs.NOTHING,
    example: str = "",
    assumption: str = "",
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    """Declare one account option of a provider's settings class.

    :param help: one sentence; shown in errors, ``--help`` and the reference.
    :param assumption: why the default is a guess, where the vendor does not say.
    """
    metadata = {"help": help, "example": example, "assumption": assumption}
    return attrs.field(default=default, metadata=metadata, converter=converter)
