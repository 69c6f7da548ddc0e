"""How a simulated application is set up: its profiles and everything the contract leaves open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import attrs
from attrs.validators import deep_iterable, deep_mapping, ge, in_, instance_of, min_len, optional

from paraph_ignisign.simulator.tables import (
    APP_ENVS,
    APP_TYPES,
    INTEGRATION_MODES,
    METHODS,
    PLAN_FEATURES,
    SIGNER_INPUTS,
)


@attrs.frozen(kw_only=True)
class ProfileSpec:
    """A signer profile to set up, as an operator would in the vendor's console.

    `optional_inputs` None: every input that is not needed. `email_domains`: only this profile takes signers
    with an address there (assumption, from EMAIL_DOMAIN_ALREADY_USED_IN_ANOTHER_SIGNER_PROFILE).
    """

    name: str = attrs.field(validator=instance_of(str))
    integration_mode: str = attrs.field(default="BY_SIDE", validator=in_(INTEGRATION_MODES))
    methods: tuple[str, ...] = attrs.field(
        default=("SIMPLE_STD", "ADVANCED_STD"), validator=[min_len(1), deep_iterable(in_(METHODS))]
    )
    inputs_needed: tuple[str, ...] = attrs.field(
        default=("firstName", "lastName", "email"),
        validator=deep_iterable(in_(SIGNER_INPUTS)),
    )
    optional_inputs: tuple[str, ...] | None = None
    description: str | None = None
    status: str = attrs.field(default="ACTIVE", validator=in_(("ACTIVE", "ARCHIVED")))
    is_recurrent: bool = True
    email_domains: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse inputs that the vendor does not know."""
        if unknown := {*(self.optional_inputs or ())} - {*SIGNER_INPUTS}:
            raise ValueError(f"unknown inputs {sorted(unknown)}; there are {', '.join(SIGNER_INPUTS)}")


DEFAULT_PROFILES = (
    ProfileSpec(name="Customers by e-mail"),
    ProfileSpec(name="Customers embedded", integration_mode="EMBEDDED"),
)


@attrs.frozen(kw_only=True)
class BareSettings:
    """The configuration of bare signatures (contract 2), made in the console only.

    Empty `redirect_uris` mean that every redirect URI of this machine (a loopback host) is registered.
    """

    redirect_uris: tuple[str, ...] = ()
    authorized_origins: tuple[str, ...] = ()
    eidas_level: str = attrs.field(default="SES", validator=in_(("SES", "AES", "QES")))


def _features(given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str):
        raise TypeError("`without` must be a collection of features")
    return frozenset(given)


@attrs.frozen(kw_only=True)
class ConsoleSettings:
    """What an operator sets for the application, and what its plan includes; `Console.change` sets it later.

    `language_fixed`: requests cannot have another language than the application's. `extended_sessions`:
    requests may ask for extended sessions. `default_signature_level`: what signs where a request names no
    method, itself a method (assumption: the type is not published). `without`: features that the plan lacks,
    refused as `*_NOT_ENABLED`, or BILLING, as ORGANIZATION_BILLING_NOT_ACTIVE; the codes are the vendor's,
    the routes that answer them are assumed. `templates`: the newest version of each template, by its id.
    """

    language_fixed: bool = attrs.field(default=False, validator=instance_of(bool))
    extended_sessions: bool = attrs.field(default=False, validator=instance_of(bool))
    default_signature_level: str | None = attrs.field(default=None, validator=optional(in_(METHODS)))
    without: frozenset[str] = attrs.field(
        default=frozenset(), converter=_features, validator=deep_iterable(in_(PLAN_FEATURES))
    )
    templates: Mapping[str, int] = attrs.field(
        factory=dict, validator=deep_mapping(instance_of(str), [instance_of(int), ge(1)])
    )


@attrs.frozen(kw_only=True)
class Options:
    """How the simulated vendor behaves where the contract leaves it open."""

    app_env: str = attrs.field(validator=in_(APP_ENVS))
    app_type: str = attrs.field(default="SIGNATURE", validator=in_(APP_TYPES))
    profiles: Sequence[ProfileSpec]
    quickstart: bool
    jwt_lifetime: timedelta
    webhook_token_lifetime: timedelta
    processing: timedelta
    """How long launching and finishing take, in simulated time; zero: done before the answer."""
    page_size: int
    max_file_bytes: int
    signers_first_page: int = attrs.field(default=0, validator=in_((0, 1)))
    """The first page of signers (contract 9, row 11)."""
    single_webhook_replies: bool = False
    """Creating or updating an endpoint answers it alone instead of all of them (contract 9, rows 13, 14)."""
    bare: BareSettings = attrs.field(factory=BareSettings)
    settings: ConsoleSettings = attrs.field(factory=ConsoleSettings)
    """As they are in the beginning; those of now are the tenant's."""
    original_retention: timedelta | None = None
    """How long after its end a request keeps its original files; None: for ever."""
    proof_retention: timedelta | None = None
    """How long after they were made a request keeps its proofs; None: for ever."""
