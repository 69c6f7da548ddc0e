"""What has to be read at the vendor before an envelope can be made there.

Which signer profile carries whom, what that profile wants to know of a person, and whether a signer who
exists already is the same person. Reads only: preflight and the send flow both run :func:`plan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from itertools import chain
from typing import Final

import attrs

from paraph.flow import Flow, gather
from paraph.model import DeliveryBy, Envelope, Problem, Signatory
from paraph.provider import Account, NoParams
from paraph_ignisign import mapping
from paraph_ignisign.actions import INPUTS_NEEDED, LIST_PROFILES, SEARCH_SIGNERS
from paraph_ignisign.checks import NEEDS_PHONE, at_vendor, external_id, method_of, problem, signs
from paraph_ignisign.console import console_problems
from paraph_ignisign.params import NewSigner, ProfileMethod, ProfileRef, SignerSearch
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import InputsNeeded, Signer, SignerProfile

IDENTITY: Final = ("firstName", "lastName", "email")
"""Inputs that say who a person is: always given, and never different from an existing signer's."""

_PYTHON: Final[Mapping[str, str]] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phoneNumber": "phone_number",
    "nationality": "nationality",
    "birthDate": "birth_date",
    "birthPlace": "birth_place",
    "birthCountry": "birth_country",
}


@attrs.frozen(kw_only=True)
class Plan:
    """How an envelope will be made.

    :ivar profiles: signer profile by way of delivery. :ivar inputs: what each wants, by profile id.
    :ivar methods: signature method by profile id; a profile of approvers alone has none.
    :ivar problems: why it cannot be made; then the rest is incomplete.
    """

    profiles: Mapping[DeliveryBy, SignerProfile] = attrs.field(factory=dict)
    inputs: Mapping[str, InputsNeeded] = attrs.field(factory=dict)
    methods: Mapping[str, str] = attrs.field(factory=dict)
    problems: tuple[Problem, ...] = ()

    def new_signer(self, person: Signatory, external_id: str) -> NewSigner:
        """Describe a person with the inputs that their profile and method want, and no others."""
        profile = self.profiles[person.delivery]
        wanted = self.inputs[profile.id]
        names = {*IDENTITY, *wanted.inputs_needed, *wanted.optional_inputs}
        if self.methods.get(profile.id) == NEEDS_PHONE:
            names.add("phoneNumber")
        data = {_PYTHON[name]: input_of(person, name) for name in names if name in _PYTHON}
        return NewSigner(signer_profile_id=profile.id, external_id=external_id, **data)  # type: ignore[arg-type] # by table

    def profile_methods(self) -> tuple[ProfileMethod, ...] | None:
        """Return the method per profile where they differ, else ``None``."""
        if len(set(self.methods.values())) <= 1:
            return None
        return tuple(
            ProfileMethod(signer_profile_id=profile, signature_method_ref=method)
            for profile, method in self.methods.items()
        )


def plan(envelope: Envelope, account: Account[IgnisignSettings]) -> Flow[Plan]:
    """Read what is needed and find problems that only the vendor's answers show."""
    listed = yield from LIST_PROFILES.run(account, NoParams())
    profiles: dict[DeliveryBy, SignerProfile] = {}
    methods: dict[str, str] = {}
    problems: list[Problem] = []
    people = tuple(at_vendor(envelope))
    # Signers first: approvers take the profile that they need, which offers their method.
    for index, person in sorted(people, key=lambda each: not signs(each[1])):
        method = (method_of(envelope, person, account.settings) or "") if signs(person) else None
        profile = profiles.get(person.delivery)
        if profile is None:
            found = choose_profile(listed, person.delivery, method, account)
            if isinstance(found, Problem):
                problems.append(attrs.evolve(found, path=f"signatories[{index}].delivery"))
                continue
            profile = profiles[person.delivery] = found
        if method is not None and methods.setdefault(profile.id, method) != method:
            problems.append(_mixed(index))
    if problems:
        return Plan(problems=tuple(dict.fromkeys(problems)))
    chosen = tuple(dict.fromkeys(profile.id for profile in profiles.values()))
    wanted = yield from gather(
        [partial(INPUTS_NEEDED.run, account, ProfileRef(signer_profile_id=each)) for each in chosen]
    )
    inputs = dict(zip(chosen, wanted, strict=True))
    missing = tuple(
        finding
        for index, person in people
        for finding in _missing(index, person, inputs[profiles[person.delivery].id])
    )
    return Plan(profiles=profiles, inputs=inputs, methods=methods, problems=missing)


def choose_profile(
    listed: tuple[SignerProfile, ...],
    delivery: DeliveryBy,
    method: str | None,
    account: Account[IgnisignSettings],
) -> SignerProfile | Problem:
    """Choose the signer profile for a way of delivery: the configured one, or the first that fits.

    :param method: what it has to offer; ``None`` for approvers, who do not sign.
    :returns: a problem without a path if none fits.
    """
    option = "profile_email" if delivery is DeliveryBy.EMAIL else "profile_link"
    asked: str | None = getattr(account.settings, option)
    mode = mapping.MODES[delivery]
    fitting = [
        profile for profile in listed if profile.status == "ACTIVE" and profile.integration_mode == mode
    ]
    if asked is not None:
        fitting = [profile for profile in fitting if asked in {profile.id, profile.name}]
    where = f"accounts.{account.name}.{option}"
    if not fitting:
        named = f"{asked!r} " if asked is not None else ""
        known = ", ".join(
            f"{profile.name!r} ({profile.integration_mode}, {profile.status})" for profile in listed
        )
        message = f"no active signer profile {named}has integration mode {mode}"
        return problem("", "profile.missing", message, f"set {where}; the application has: {known or 'none'}")
    able = [profile for profile in fitting if method is None or _offers(profile, method)]
    if not able:
        message = f"no signer profile with integration mode {mode} offers the method {method}"
        return problem("", "profile.method", message, f"enable it in Ignisign's console, or set {where}")
    return able[0]


def _offers(profile: SignerProfile, method: str) -> bool:
    """Whether a profile has the method; one that lists none is taken at the vendor's publish check."""
    offered = profile.signature_auth_methods_configuration
    return not offered or method in offered


def _mixed(index: int) -> Problem:
    return problem(
        f"signatories[{index}].assurance",
        "level.mixed",
        "Ignisign knows one method per signer profile, and these signatories share one",
        "ask the same level of them, or configure different profiles",
    )


def _missing(index: int, person: Signatory, wanted: InputsNeeded) -> Iterator[Problem]:
    for name in wanted.inputs_needed:
        field = mapping.INPUTS.get(name)
        if field is None:
            message = f"the signer profile wants {name}, which paraph cannot give"
            yield problem(f"signatories[{index}]", "input.unknown", message, "choose another signer profile")
        elif not getattr(person, field):
            path = f"signatories[{index}].{field}"
            yield problem(path, "input.missing", f"the signer profile wants it ({name})", f"set {field}")


def input_of(person: Signatory, name: str) -> str | date | None:
    """Return a person's value of a vendor's input; countries in upper case."""
    value: str | date | None = getattr(person, mapping.INPUTS[name]) or None
    if name in {"nationality", "birthCountry"} and isinstance(value, str):
        return value.upper()
    return value


def find_signer(account: Account[IgnisignSettings], reference: str) -> Flow[Signer | None]:
    """Search a signer by our reference.

    Assumption: the vendor's search looks at ``externalId``; if it does not, nobody is found, and
    creating reports ``alreadyExists``.
    """
    found = yield from SEARCH_SIGNERS.run(account, SignerSearch(filter=reference))
    return next((signer for signer in found.signers if signer.external_id == reference), None)


def differences(index: int, person: Signatory, signer: Signer) -> tuple[Problem, ...]:
    """Say where an existing signer is another person than asked for; no values.

    What the vendor does not show is no difference: its summary of a signer shows names and e-mail
    address, but no phone number (contract 5). They are compared without case.
    """
    return tuple(
        problem(
            f"signatories[{index}].{mapping.INPUTS[name]}",
            "signer.differs",
            "a signer with this reference exists at Ignisign with other data, which cannot be changed there",
            "use another signatory id, or revoke the old signer",
        )
        for name in IDENTITY
        if (theirs := getattr(signer, _PYTHON[name])) is not None
        and theirs.strip().casefold() != getattr(person, mapping.INPUTS[name]).casefold()
    )


def existing_problems(envelope: Envelope, account: Account[IgnisignSettings]) -> Flow[tuple[Problem, ...]]:
    """Find signatories whose signer exists with other data. Reads only.

    Signers made per envelope cannot exist before it, so nothing is read for them.
    """
    if account.settings.signer_reference != "signatory":
        return ()
    people = tuple(at_vendor(envelope))
    signers = yield from gather(
        [partial(find_signer, account, external_id(envelope, person, account)) for _, person in people]
    )
    return tuple(
        finding
        for (index, person), signer in zip(people, signers, strict=True)
        if signer is not None
        for finding in differences(index, person, signer)
    )


def preflight(envelope: Envelope, account: Account[IgnisignSettings]) -> Flow[tuple[Problem, ...]]:
    """Find problems that only reading at the vendor shows; see ``Provider.preflight``."""
    found = yield from gather([partial(each, envelope, account) for each in (console_problems, _unplanned)])
    return tuple(chain.from_iterable(found))


def _unplanned(envelope: Envelope, account: Account[IgnisignSettings]) -> Flow[tuple[Problem, ...]]:
    """Find what no plan gets over; signers are looked at where there is a plan."""
    found = yield from plan(envelope, account)
    return found.problems or (yield from existing_problems(envelope, account))
