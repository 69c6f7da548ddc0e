"""Simulators that run alone, for as long as somebody wants to try things with them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from paraph.cli import output
from paraph.testing.simulator import Simulator
from paraph_simulator.ready import PUBLIC_URL, Ready, ready, write
from paraph_simulator.show import Show
from paraph_simulator.stopping import Stop


def run_alone(
    simulators: Mapping[str, Simulator],
    show: Show,
    stop: Stop,
    *,
    port: int = 0,
    webhook: str | None = None,
    folder: Path | None = None,
    as_json: bool = False,
) -> None:
    """Serve each simulator on a port of its own, tell how to use it, and show its e-mails.

    :param port: where the only one listens; 0 takes any free port.
    :param webhook: an endpoint to register at each, as if in the vendor's console.
    :param folder: where the configuration is written; it is printed otherwise.
    :raises StoppedError: always, at the end.
    """
    with contextlib.ExitStack() as stack:
        bases = {name: stack.enter_context(each.running(port=port)) for name, each in simulators.items()}
        for each in simulators.values():
            if webhook is not None:
                each.subscribe(webhook)
        accounts = [each.account(bases[name]) for name, each in simulators.items()]
        made = ready(accounts, public_url=PUBLIC_URL, scheme="env" if folder is None else "file")
        path = None if folder is None else write(made, folder)
        if as_json:
            configuration = {"configuration": made.text, "environment": dict(made.environment)}
            output.write_json(
                {"simulators": bases, **(configuration if path is None else {"file": str(path)})}
            )
        else:
            _tell(show, bases, made, path)
        shown = dict.fromkeys(simulators, 0)
        stop.until(lambda: _mails(show, simulators, shown, silent=as_json))


def _tell(show: Show, bases: Mapping[str, str], made: Ready, path: Path | None) -> None:
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
    show.line("paraph receiver  receives them; the client's ensure_webhook registers its URL")
    show.title("Running until Ctrl-C; e-mails appear here")


def _mails(show: Show, simulators: Mapping[str, Simulator], shown: dict[str, int], *, silent: bool) -> bool:
    """Show what is new in the outboxes; never the end of waiting."""
    for name, each in simulators.items():
        for mail in each.outbox[shown[name] :]:
            shown[name] += 1
            if not silent:
                show.line(f"{name}: mail to {mail.to}: {mail.subject}")
                show.line(f"  {mail.link}", style="underline")
    return False
