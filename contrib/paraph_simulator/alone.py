"""Simulators that run alone, for as long as somebody wants to try things with them."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path

from paraph.cli import output
from paraph.errors import UsageError
from paraph.testing.simulator import Simulator
from paraph_simulator.ready import PUBLIC_URL, WEBHOOK_SECRET, Ready, ready, write
from paraph_simulator.show import Show
from paraph_simulator.stopping import Stop


def run_alone(
    simulators: Mapping[str, Simulator],
    show: Show,
    stop: Stop,
    *,
    port: int = 0,
    consoles: Collection[str] = (),
    webhook: str | None = None,
    folder: Path | None = None,
    as_json: bool = False,
) -> None:
    """Serve each simulator on a port of its own, tell how to use it, and show its e-mails.

    :param port: where the first listens, and the others on the next ones; 0 takes any free ports.
    :param consoles: those whose webhooks are registered in the vendor's console. This is done for them: the
        URL is the one that the configuration gives the receiver.
    :param webhook: an endpoint to register at each instead, as if in the vendor's console.
    :param folder: where the configuration is written; it is printed otherwise.
    :raises StoppedError: always, at the end. :raises UsageError: a port is taken.
    """
    with contextlib.ExitStack() as stack:
        bases = {
            name: _serving(stack, each, port + position if port else 0)
            for position, (name, each) in enumerate(simulators.items())
        }
        accounts = [each.account(bases[name]) for name, each in simulators.items()]
        made = ready(accounts, public_url=PUBLIC_URL, scheme="env" if folder is None else "file")
        for account, (name, each) in zip(accounts, simulators.items(), strict=True):
            if webhook is not None or name in consoles:
                each.subscribe(webhook or f"{PUBLIC_URL}/{account.name}/{made.environment[WEBHOOK_SECRET]}")
        path = None if folder is None else write(made, folder)
        if as_json:
            configuration = {"configuration": made.text, "environment": dict(made.environment)}
            output.write_json(
                {"simulators": bases, **(configuration if path is None else {"file": str(path)})}
            )
        else:
            _tell(show, bases, made, path, consoles if webhook is None else simulators)
        shown = dict.fromkeys(simulators, 0)
        stop.until(lambda: _mails(show, simulators, shown, silent=as_json))


def _serving(stack: contextlib.ExitStack, simulator: Simulator, port: int) -> str:
    try:
        return stack.enter_context(simulator.running(port=port))
    except OSError as error:
        reason = f"port {port} cannot be used: {error.strerror or type(error).__name__}"
        raise UsageError(f"{reason}; choose another with --port") from None


def _tell(
    show: Show, bases: Mapping[str, str], made: Ready, path: Path | None, registered: Collection[str]
) -> None:
    if path is None:
        show.title("paraph.toml")
        show.line(made.text)
        show.title("Environment")
        for name, secret in made.environment.items():
            show.line(f"export {name}={secret}")
    else:
        show.title(f"The configuration is in {path}; its secrets are beside it")
        show.line(f"export PARAPH_CONFIG={path}")
    for name, base in bases.items():
        show.title(f"Simulated {name}")
        show.line(f"API and signing pages  {base}")
        show.line(f"e-mails it would send  {base}/_simulator/outbox")
        show.line(f"its state              {base}/_simulator/state")
        show.line(f"its root certificate   {base}/_simulator/authority.pem")
    show.title("Webhooks")
    show.line("paraph receiver  receives them")
    for name in bases:
        how = "registered already" if name in registered else "the client's ensure_webhook registers it"
        show.line(f"URL at {name}: {how}")
    show.title("Running until Ctrl-C; e-mails appear here")


def _mails(show: Show, simulators: Mapping[str, Simulator], shown: dict[str, int], *, silent: bool) -> bool:
    """Show what is new in the outboxes; never the end of waiting."""
    for name, each in simulators.items():
        for mail in each.outbox[shown[name] :]:
            shown[name] += 1
            if not silent:
                show.line(f"{name}: {'mail' if mail.link else 'message'} to {mail.to}: {mail.subject}")
                if mail.link:
                    show.line(f"  {mail.link}", style="underline")
    return False
