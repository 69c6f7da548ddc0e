"""``dry_run``: the whole way of a send, up to each request that it would make, without any effect.

Theory
======

The provider's own send flow is run, and its commands are answered here instead of by a vendor:

=====================================  ==============================================================
the flow asks for                      and gets
=====================================  ==============================================================
a journalled step                      what its effect returns; nothing is written to the journal
a request that only reads              with ``live`` the vendor's answer, unless it is about something
                                       that does not exist; else the provider's stand-in
                                       (:class:`~paraph.provider.Rehearses`); else a vendor error
a request with an effect               the provider's stand-in; else its step ends there, and a
                                       placeholder stands for what the step would have returned
a secret that the vendor would tell    a placeholder
=====================================  ==============================================================

GET and HEAD read, and so does what the provider says does; nothing else is ever sent. Within a step
everything else has an effect; outside of steps a flow only reads, for that is what steps are for.

Placeholders begin with :data:`~paraph.provider.WOULD_BE` and name the step that would make the thing. A flow
that cannot go on without a real answer stops; what it had asked until then is shown, and that it is not all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from paraph.errors import ParaphError, Refused, VendorError
from paraph.flow.commands import (
    Command,
    Download,
    Flow,
    Gather,
    Http,
    Identify,
    NewId,
    Recall,
    Remember,
    Shared,
    Sleep,
    Step,
)
from paraph.flow.helpers import call
from paraph.flow.intercept import intercept
from paraph.masking import MASKED, Masking, scrubbed, secrets_in
from paraph.model import Envelope, Policy, Problem, Secret
from paraph.ops.carry import under
from paraph.ops.check import Examined
from paraph.ops.kernel import Kernel
from paraph.ops.pinned import Pinned, pinned
from paraph.ops.route import Choice, choose
from paraph.ops.terms import Default
from paraph.provider.account import Account, Carried
from paraph.provider.protocol import WOULD_BE, Rehearses, StandIn

if TYPE_CHECKING:
    import httpx

UNANSWERED: Final = "the vendor is not asked in a dry run"

READS: Final = frozenset({"GET", "HEAD"})


@attrs.frozen(kw_only=True)
class RehearsedRequest:
    """One request that a send would make.

    :ivar step: key of the journalled step that it belongs to; empty for a read outside of steps.
    :ivar effect: ``read``, ``aside``, ``draft`` or ``publish``.
    :ivar headers: without credentials. ``body``: as :func:`paraph.flow.described.body_of` describes it.
    :ivar size: bytes of the body.
    :ivar answered: by whom: ``vendor``, ``stand-in``, or ``nobody``.
    :ivar assumed: what the stand-in takes for granted.
    """

    step: str
    effect: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    answered: str
    assumed: str = ""
    size: int = 0


@attrs.frozen(kw_only=True)
class Rehearsal:
    """What a send would do.

    :ivar account: that would carry the envelope; ``None`` if none can. ``why``: in words.
    :ivar passed: codes of what was against the candidates before it, by account.
    :ivar envelope: as the provider would be given it, on the account's terms; without personal data, unless
        they were asked for.
    :ivar defaults: values that came from the account. Changes are among ``problems``.
    :ivar complete: whether these are all requests; if not, ``stopped`` says why.
    :ivar pinned: what is known of it, if it was sent before: then nothing is checked, and no request shown.
    """

    account: str | None
    provider: str = ""
    environment: str = ""
    why: str = ""
    passed: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    policy: Policy | None = None
    envelope: Envelope | None = None
    defaults: tuple[Default, ...] = ()
    problems: tuple[Problem, ...] = ()
    requests: tuple[RehearsedRequest, ...] = ()
    complete: bool = False
    stopped: str = ""
    pinned: Pinned | None = None

    @property
    def possible(self) -> bool:
        """Whether an account can carry it."""
        return self.account is not None


def preview(
    kernel: Kernel,
    envelope: Envelope,
    *,
    account: str | None = None,
    live: bool = False,
    policy: Policy | str | None = None,
    personal: bool = False,
) -> Flow[Rehearsal]:
    """Say which account would carry an envelope, on which terms, and what is against it; no requests.

    :param account: the account's name. Without one, the routes and the default choose.
    :param live: also ask the vendor, with reads only.
    :param policy: how strictly the request is taken, in place of the account's own policy.
    :param personal: show names, addresses, texts and the like.
    :raises UnknownAccount, ConfigurationError: the account cannot be used at all.
    """
    return (yield from _previewed(kernel, envelope, account, live, policy, None if personal else Masking()))


def dry_run(
    kernel: Kernel,
    envelope: Envelope,
    *,
    account: str | None = None,
    live: bool = False,
    policy: Policy | str | None = None,
    personal: bool = False,
) -> Flow[Rehearsal]:
    """Say what sending this envelope would do, request by request. Nothing is stored, and nothing is made.

    :param account: the account's name. Without one, the routes and the default choose.
    :param live: also ask the vendor, with reads only. Else the provider's stand-ins answer.
    :param policy: how strictly the request is taken, in place of the account's own policy.
    :param personal: show names, addresses, texts and the like. Else stand-ins for them go through the flow.
    :raises UnknownAccount, ConfigurationError: the account cannot be used at all.
    """
    masking = None if personal else Masking()
    found = yield from _previewed(kernel, envelope, account, live, policy, masking)
    if found.pinned is not None:
        done = found.pinned.published
        return attrs.evolve(found, complete=done, stopped="" if done else "it goes on from where it stopped")
    if found.account is None or found.envelope is None:
        return found
    chosen = yield from call(kernel.account, found.account)
    secrets = secrets_in(chosen.settings, chosen.webhook_secret, envelope.options)
    stage = _Stage(kernel=kernel, account=chosen, live=live, masking=masking, secrets=secrets)
    complete, stopped = yield from stage.run(found.envelope)
    return attrs.evolve(found, requests=tuple(stage.requests), complete=complete, stopped=stopped)


def _previewed(
    kernel: Kernel,
    envelope: Envelope,
    account: str | None,
    live: bool,  # noqa: FBT001 - from one function to the next
    policy: Policy | str | None,
    masking: Masking | None,
) -> Flow[Rehearsal]:
    known = yield from pinned(kernel, envelope)
    if known is not None:
        return _known(kernel, known, account)
    scope = kernel.judging(Policy(policy) if policy else None)
    try:
        choice = yield from choose(scope, envelope, account, live=live)
    except Refused as refused:
        return Rehearsal(account=None, problems=refused.problems, stopped=refused.headline)
    chosen = yield from call(kernel.account, choice.account)
    examined: Examined = (scope.examined or {})[choice.account]
    why, passed = _why(choice, account)
    return Rehearsal(
        account=choice.account,
        provider=chosen.provider,
        environment=chosen.environment,
        why=why,
        passed=passed,
        policy=scope.policy or chosen.policy,
        envelope=examined.envelope if masking is None else masking.envelope(examined.envelope),
        defaults=examined.terms.defaults,
        problems=choice.problems,
    )


def _known(kernel: Kernel, known: Pinned, named: str | None) -> Rehearsal:
    """Say what sending an envelope again would do: nothing, or what is left of it."""
    configured = kernel.config.accounts.get(known.account)
    return Rehearsal(
        account=known.account if known.same else None,
        provider=configured.provider if configured else "",
        environment=configured.environment if configured else "",
        why=f"attempt {known.attempt} carries it, for life",
        problems=known.problems(named),
        stopped="" if known.same else "its id was used for another content",
        pinned=known,
    )


def _why(choice: Choice, named: str | None) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    if named is not None:
        return "it was named", {}
    kept: dict[str, Any] = json.loads(choice.reason) if choice.reason else {}
    route = kept.get("route")
    passed = {name: tuple(codes) for name, codes in kept.get("passed", {}).items()}
    return (f"route {route!r}" if route else "the default"), passed


class _AbandonedError(Exception):
    """Ends a step at a request whose answer nobody can give."""


@attrs.define(kw_only=True)
class _Stage:
    """One run of a send flow without a vendor."""

    kernel: Kernel
    account: Account[Any]
    live: bool
    masking: Masking | None
    secrets: frozenset[str]
    requests: list[RehearsedRequest] = attrs.field(factory=list)
    told: dict[str, Secret] = attrs.field(factory=dict)

    def run(self, envelope: Envelope) -> Flow[tuple[bool, str]]:
        """Run the flow; return whether it came to its end, or why not."""
        carried = Carried(envelope=envelope, reference=f"{WOULD_BE}.reference")
        flow = self.kernel.provider(self.account).send(carried, self.account)
        try:
            yield from under(self.kernel, self.account, self._bound(flow, None))
        except (VendorError, Refused) as error:
            return False, f"{type(error).__name__}: {getattr(error, 'headline', '') or error}"
        except ParaphError as error:
            return False, type(error).__name__
        return True, ""

    def _bound(self, flow: Flow[Any], step: Step | None) -> Flow[Any]:
        def answer(command: Command) -> Flow[Any] | None:
            match command:
                case Step():
                    return self._step(command)
                case Http():
                    return self._http(command, step)
                case Download():
                    return _unanswered()
                case Shared(_, _, produce):
                    return None if self.live else self._bound(produce(), step)
                case Gather(flows):
                    return _one_by_one(flows)
                case NewId():
                    return _given(f"{WOULD_BE}.{_plain(step.key if step else 'id')}")
                case Remember(key, value):
                    self.told[key] = value
                    return _given(None)
                case Recall(key):
                    return _given(self._secret(key))
                case Identify() | Sleep():
                    return _given(None)
                case _:
                    return None

        return intercept(flow, answer)

    def _step(self, step: Step) -> Flow[Any]:
        try:
            return (yield from self._bound(step.effect(), step))
        except _AbandonedError:
            return f"{WOULD_BE}.{_plain(step.key)}"

    def _secret(self, key: str) -> Secret:
        """Return a secret that was kept; one that the vendor would tell may be an address, so it is one."""
        return self.told.get(key) or Secret(f"https://{WOULD_BE}.invalid/{_plain(key)}")

    def _http(self, command: Http, step: Step | None) -> Flow[httpx.Response]:
        import httpx

        request = command.request
        provider = self.kernel.provider(self.account)
        stand_in = provider.stand_in(request, self.account) if isinstance(provider, Rehearses) else None
        reads = request.method in READS or (stand_in is not None and stand_in.read)
        if reads and self.live and not _is_imagined(request):
            self._note(request, step, "read", "vendor")
            response: httpx.Response = yield command
            return response if self.masking is None else _masked(response, self.masking)
        reads = reads or step is None
        kind = "read" if reads or step is None else step.kind.value
        self._note(request, step, kind, "nobody" if stand_in is None else "stand-in", stand_in)
        if stand_in is not None:
            return httpx.Response(200, json=stand_in.body, request=request)
        raise VendorError(UNANSWERED) if reads else _AbandonedError

    def _note(
        self,
        request: httpx.Request,
        step: Step | None,
        effect: str,
        answered: str,
        stand_in: StandIn | None = None,
    ) -> None:
        from paraph.flow.described import body_of, headers_of

        self.requests.append(
            RehearsedRequest(
                step=step.key if step else "",
                effect=effect,
                method=request.method,
                url=scrubbed(str(request.url), self.secrets),
                headers=scrubbed(headers_of(request), self.secrets),
                body=scrubbed(body_of(request), self.secrets),
                answered=answered,
                assumed=stand_in.assumes if stand_in else "",
                size=int(request.headers.get("content-length", 0)),
            )
        )


def _is_imagined(request: httpx.Request) -> bool:
    """Whether a request is about something that does not exist, or about nobody."""
    from paraph.flow.upload import DocumentStream

    if isinstance(request.stream, DocumentStream):
        return True
    text = str(request.url).encode() + request.content
    return WOULD_BE.encode() in text or f"{MASKED}.".encode() in text


def _masked(response: httpx.Response, masking: Masking) -> httpx.Response:
    import httpx

    try:
        value = response.json()
    except ValueError:
        return response
    headers = [(name, text) for name, text in response.headers.items() if name != "content-length"]
    content = json.dumps(masking.answer(value)).encode()
    return httpx.Response(response.status_code, headers=headers, content=content, request=response.request)


def _plain(key: str) -> str:
    """Write a key so that it is the same in a URL."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "." for char in key)


def _one_by_one(flows: Iterable[Callable[[], Flow[Any]]]) -> Flow[tuple[Any, ...]]:
    """Run gathered flows in their order, so that what is shown has one."""
    values = []
    for flow in flows:
        values.append((yield from flow()))  # noqa: PERF401 - a comprehension cannot yield from
    return tuple(values)


def _given(value: Any) -> Flow[Any]:
    yield from ()
    return value


def _unanswered() -> Flow[Any]:
    yield from ()
    raise VendorError(UNANSWERED)
