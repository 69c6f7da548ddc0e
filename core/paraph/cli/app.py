"""The command group, its exit codes, and the one place where errors become text.

Exit codes: 0 done; 1 failure (the vendor, the network, the store, a time that ran
out); 2 usage or configuration; 3 refused by a check, nothing was sent. Nothing ends
in a traceback unless ``PARAPH_DEBUG=1`` asks for it.

Commands are loaded when they are invoked. Installed packages add theirs by entry
points of the group ``paraph.commands``; such a name is listed without importing it,
and one that cannot be loaded is one line when it is invoked.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import click

from paraph import errors
from paraph._hints import suggestion
from paraph._version import __version__
from paraph.cli import output
from paraph.cli.render import problem_json
from paraph.cli.session import Session, common

COMMANDS: Final = "paraph.commands"

BUILT_IN: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "providers": ("paraph.cli.setup:providers", "List installed providers and plugins."),
        "accounts": ("paraph.cli.setup:accounts", "List the configured accounts."),
        "actions": ("paraph.cli.actions:actions", "List the actions that a provider offers."),
        "config": ("paraph.cli.routing:config", "Check the configuration as a whole."),
        "route": ("paraph.cli.routing:route", "Explain which account carries which envelope."),
        "secrets": ("paraph.cli.secrets:secrets", "Keep secrets in an encrypted file."),
        "check": ("paraph.cli.sending:check", "Say what is against sending an envelope."),
        "send": ("paraph.cli.sending:send", "Send an envelope or a PDF."),
        "resume": ("paraph.cli.sending:resume", "Go on with a send that was interrupted."),
        "settle": ("paraph.cli.sending:settle", "Say what became of a step that cannot be read back."),
        "status": ("paraph.cli.following:status", "Show where an envelope stands, or list the newest."),
        "events": ("paraph.cli.following:events", "List what became known, in order."),
        "evidence": ("paraph.cli.following:evidence", "List or save the evidence."),
        "link": ("paraph.cli.following:link", "Print a signatory's link to the signing page."),
        "reconcile": ("paraph.cli.reconciling:reconcile", "Read what no delivery told."),
        "export": ("paraph.cli.switching:export", "Write envelopes as neutral JSON."),
        "import": ("paraph.cli.switching:import_", "Take in envelopes that another store exported."),
        "adopt": ("paraph.cli.switching:adopt", "Take over an envelope that was made elsewhere."),
        "portability": ("paraph.cli.switching:portability", "Say what ties an envelope to a vendor."),
        "cancel": ("paraph.cli.following:cancel", "End an envelope."),
        "webhooks": ("paraph.cli.webhooks:webhooks", "Register and list the URLs that vendors call."),
        "doctor": ("paraph.cli.doctor:doctor", "Look at everything before it is needed."),
        "call": ("paraph.cli.calling:call", "Run one of a vendor's own actions."),
    }
)
"""Name of each command, where it is, and what it does."""

_REFUSED = (errors.InvalidEnvelope, errors.Refused)
_FAILED = (errors.NotReady, errors.WaitTimeout)
_MISUSED = (errors.UsageError, errors.ConfigurationError)


class Commands(click.Group):
    """A group whose commands are imported when they are invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return all names: our own in a useful order, then those of other packages."""
        return [*BUILT_IN, *sorted(_foreign())]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Load one command."""
        if cmd_name in BUILT_IN:
            module, _, attribute = BUILT_IN[cmd_name][0].partition(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        entries = _foreign().get(cmd_name, ())
        return _load(cmd_name, entries) if entries else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for one that does not exist."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            hint = suggestion(name, self.list_commands(ctx))
            raise click.UsageError(f"no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in BUILT_IN.items()])
        foreign = {name: entries for name, entries in sorted(_foreign().items()) if name not in BUILT_IN}
        if foreign:
            with formatter.section("Commands of other packages"):
                formatter.write_dl([(name, _owners(entries)) for name, entries in foreign.items()])


Entries = tuple[importlib.metadata.EntryPoint, ...]


def _foreign() -> dict[str, Entries]:
    found: dict[str, Entries] = {}
    for entry in importlib.metadata.entry_points(group=COMMANDS):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def _owners(entries: Entries) -> str:
    return " and ".join(sorted(entry.dist.name if entry.dist else "unknown" for entry in entries))


def _load(name: str, entries: Entries) -> click.Command:
    """Load a foreign command.

    :raises ConfigurationError: it cannot be loaded, or several distributions offer it.
    """
    entry, *others = entries
    if others:
        raise errors.ConfigurationError(f"the command {name!r} is offered by {_owners(entries)}")
    try:
        command = entry.load()
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise errors.ConfigurationError(
            f"the command {name!r} of {_owners(entries)} cannot be loaded: {reason}"
        ) from error
    if not isinstance(command, click.Command):
        raise errors.ConfigurationError(f"the command {name!r} of {_owners(entries)} is no click command")
    return command


@click.group(cls=Commands, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="paraph")
@common
def app() -> None:
    """Send envelopes through any e-signature vendor and follow them."""


def run(arguments: Sequence[str], *, session: Session | None = None) -> int:
    """Run one command and return the exit code; every error becomes text or JSON here."""
    running = session or Session()
    running.json = "--json" in arguments
    try:
        result = app.main(args=list(arguments), prog_name="paraph", standalone_mode=False, obj=running)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads us has seen enough; keep the interpreter's own flush from failing, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except click.Abort:
        return _report(running, "Abort", 1, "interrupted")
    except click.ClickException as error:
        return _usage(running, error)
    except errors.ParaphError as error:
        _debug()
        return _report(running, type(error).__name__, exit_code(error), str(error), error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: never a traceback
        _debug()
        text = f"unexpected {type(error).__name__}; PARAPH_DEBUG=1 shows where"
        return _report(running, type(error).__name__, 1, text)
    return result if isinstance(result, int) else 0


def exit_code(error: errors.ParaphError) -> int:
    """Return the exit code that an error stands for."""
    if isinstance(error, _REFUSED):
        return 3
    if isinstance(error, _FAILED):
        return 1
    return 2 if isinstance(error, _MISUSED) else 1


def _usage(session: Session, error: click.ClickException) -> int:
    if session.json:
        return _report(session, "Usage", 2, error.format_message())
    error.show(sys.stderr)
    return 2


def _report(
    session: Session, kind: str, code: int, text: str, error: errors.ParaphError | None = None
) -> int:
    if session.json:
        document = {"type": kind, "exit": code, "message": text, **_facts(error)}
        if session.envelope_id:
            document["envelope_id"] = session.envelope_id
        output.write_json({"error": document})
        return code
    output.note(f"paraph: {text}")
    if session.envelope_id and code == 1:
        output.note(f"go on with: paraph resume {session.envelope_id}")
    return code


_VENDOR_FACTS: Final = ("account", "operation", "status", "code", "request_id", "retryable", "effect")


def _facts(error: errors.ParaphError | None) -> dict[str, Any]:
    """Return what an error knows beyond its text."""
    facts: dict[str, Any] = {}
    problems = getattr(error, "problems", None)
    if problems is not None:
        facts["message"] = getattr(error, "headline", "")
        facts["problems"] = [problem_json(problem) for problem in problems]
    if isinstance(error, errors.VendorError):
        facts["message"] = error.message
        facts.update({name: getattr(error, name) for name in _VENDOR_FACTS})
    if isinstance(error, errors.UncertainStep):
        facts.update(envelope_id=error.envelope_id, step=error.step)
    return facts


def _debug() -> None:
    if os.environ.get("PARAPH_DEBUG") == "1":
        traceback.print_exc()
