"""Write what README and documentation tell about plugins, tables and commands, from the code itself.

``python docs/generate.py`` renews the parts of README.md between its markers; ``--check`` only says whether
they are current. The documentation calls :func:`write_pages` whenever it is built, so its tables cannot be
old. Everything is read from descriptions: no account, no credentials, no network.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import attrs
import click
import marks
import meanings
import measured
from texts import code, first_paragraph, prose, table

from paraph import Registry, errors, lifecycle
from paraph.cli.app import app as command_line
from paraph.config.settings import TAG
from paraph.model import EvidenceKind, FactType, Secret, Verb
from paraph.provider import Action, Capabilities, Capability, OffersActions, ProviderInfo
from paraph.provider.action import COMPOSITE

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
HELP_WIDTH = 88


def member_texts(kind: type[Enum]) -> Mapping[str, str]:
    """Return the sentence that stands below each member of an enumeration, by the member's name."""
    source = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    (body,) = (node.body for node in source.body if isinstance(node, ast.ClassDef))
    texts = {}
    for node, below in itertools.pairwise(body):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            texts[node.targets[0].id] = " ".join(str(below.value.value).split())
    return texts


# Providers.


def providers() -> tuple[ProviderInfo, ...]:
    """Return the descriptions of all installed providers, by name."""
    registry = Registry(environ={})
    return tuple(registry.info(each.name) for each in registry.listing() if each.kind == "provider")


def levels(capabilities: Capabilities) -> str:
    """Return the signature levels, weakest first."""
    return ", ".join(level.name for level in sorted(capabilities.levels))


def words(kind: Iterable[StrEnum], chosen: Container[StrEnum]) -> str:
    """Return the chosen members of a vocabulary, in its order."""
    return ", ".join(each.value for each in kind if each in chosen)


def providers_table() -> str:
    """Return one row for each provider, as README shows it."""

    def row(info: ProviderInfo) -> Sequence[str]:
        offered = info.capabilities
        ways = [
            word
            for word, capability in (("e-mail", Capability.DELIVERY_EMAIL), ("link", Capability.SIGNING_LINK))
            if capability in offered
        ]
        news = [
            word
            for word, capability in (("webhooks", Capability.WEBHOOKS), ("reading", Capability.READ_STATUS))
            if capability in offered
        ]
        evidence = [kind.value.replace("_", " ") for kind in EvidenceKind if kind in offered.evidence]
        return (
            code(info.name),
            info.title,
            levels(offered),
            ", ".join(ways),
            ", ".join(news),
            ", ".join(evidence),
            "yes" if info.simulator else "no",
            "yes" if info.seen_live else "**never**",
        )

    columns = "provider, vendor, levels, signatories by, news by, evidence, simulator, run live"
    return table(columns.split(", "), map(row, providers()))


def capability_table() -> str:
    """Return what each provider offers, one row for each capability, with the conditions below."""
    infos, texts, notes = providers(), member_texts(Capability), []
    rows = []
    for capability in Capability:
        cells = []
        for info in infos:
            note = info.capabilities.notes.get(capability, "")
            if note:
                notes.append(f"{info.title}, {code(capability.value)}: {note}")
            offered = "yes" if capability in info.capabilities else "no"
            cells.append(f"{offered} ({len(notes)})" if note else offered)
        rows.append((code(capability.value), texts[capability.name], *cells))
    offers = [info.capabilities for info in infos]
    rows.append(("levels", "Signature levels that can be asked for.", *map(levels, offers)))
    rows.append(
        ("verbs", "What can be asked of a participant.", *(words(Verb, each.verbs) for each in offers))
    )
    rows.append(
        ("evidence", "What can be fetched.", *(words(EvidenceKind, each.evidence) for each in offers))
    )
    numbered = "\n".join(f"{number}. {note}" for number, note in enumerate(notes, start=1))
    return f"{table(('capability', 'meaning', *(info.title for info in infos)), rows)}\n\n{numbered}"


def offers_table(info: ProviderInfo) -> str:
    """Return what one provider offers, with the conditions, and what it does not."""
    offered, texts = info.capabilities, member_texts(Capability)
    rows = [
        (
            code(each.value),
            "yes" if each in offered else "no",
            texts[each.name],
            prose(offered.notes.get(each, "")),
        )
        for each in sorted(Capability, key=lambda each: each not in offered)
    ]
    rows += [
        ("levels", levels(offered), "Signature levels that can be asked for.", ""),
        ("verbs", words(Verb, offered.verbs), "What can be asked of a participant.", ""),
        ("evidence", words(EvidenceKind, offered.evidence), "What can be fetched.", ""),
    ]
    return table(("capability", "offered", "meaning", "condition"), rows)


def default_of(value: object) -> str:
    """Return how a default is written in TOML; an option without one is required, or unset."""
    if value is attrs.NOTHING:
        return "required"
    if value is None or value == "":
        return ""
    return code(str(value).lower() if isinstance(value, bool) else value)


def settings_table(info: ProviderInfo) -> str:
    """Return the options of an account of one provider; one that is a table has its keys below it."""
    return table(("key", "default", "meaning"), settings_rows(info.settings))


def settings_rows(settings: type[Any], above: str = "") -> Iterator[Sequence[str]]:
    """Yield one row for each option; of a table one for each form that it may have, and each of its keys."""
    hints = typing.get_type_hints(settings)
    for field in attrs.fields(settings):
        if not field.init or field.name == TAG:
            continue
        key = f"{above}{field.alias or field.name}"
        example = field.metadata.get("example")
        text = prose(field.metadata["help"]) + (f" Example: {code(example)}." if example else "")
        assumption = field.metadata.get("assumption")
        yield code(key), default_of(field.default), text + (" *Assumption.*" if assumption else "")
        for form in forms(hints[field.name]):
            word = typing.get_args(typing.get_type_hints(form).get(TAG))
            if word:
                yield code(f'{key}.{TAG} = "{word[0]}"'), "", first_paragraph(form)
            yield from settings_rows(form, f"{key}.")


def forms(declared: Any) -> Iterator[type[Any]]:
    """Yield the settings classes that an option's table may be read as."""
    is_union = typing.get_origin(declared) in (typing.Union, types.UnionType)
    for each in typing.get_args(declared) if is_union else (declared,):
        if isinstance(each, type) and attrs.has(each) and each is not Secret:
            yield each


def assumptions(info: ProviderInfo) -> Iterator[tuple[str, str]]:
    """Yield the options whose default is a guess, with the reason."""
    for field in attrs.fields(info.settings):
        if reason := field.metadata.get("assumption"):
            yield f'{field.alias or field.name} = "{field.default}"', reason


def assumed_table(info: ProviderInfo) -> str:
    """Return the options of one provider whose default is a guess."""
    return table(("option, as shipped", "why it is a guess"), ((code(a), b) for a, b in assumptions(info)))


def assumptions_list() -> str:
    """Return every guess that an account's options can correct, by provider; of a dialect only how many."""
    lines = [
        f"- {info.title}: {code(setting)} because {reason}."
        for info in providers()
        for setting, reason in assumptions(info)
    ]
    lines.append(f"- SIGN8: {marks.counts()}")
    return "\n".join(lines)


def actions_table(info: ProviderInfo) -> str:
    """Return the single actions of one provider, by name; none if it offers none."""
    built = info.build()
    offered = built.actions if isinstance(built, OffersActions) else {}
    rows = [
        (
            code(name),
            code(action.slug) if action.slug else "",
            requests_of(action),
            action.repeat.value,
            prose(action.summary) + ("" if action.documented else " *Undocumented.*"),
        )
        for name, action in sorted(offered.items())
    ]
    return table(("action", "in the catalogue", "request", "repeat", "what it does"), rows)


def requests_of(action: Action[Any, Any]) -> str:
    """Say what an action asks of the vendor."""
    return action.request if action.request == COMPOSITE else code(action.request)


# Life cycle and events.


def events_table() -> str:
    """Return the vocabulary of events with what follows from each."""
    texts = member_texts(FactType)
    rows = [
        (
            code(fact.value),
            texts[fact.name],
            ", ".join(code(other.value) for other in lifecycle.IMPLIED.get(fact, ())),
        )
        for fact in FactType
    ]
    return table(("event", "what it states", "implies"), rows)


def endings_table() -> str:
    """Return the endings in their order of precedence."""
    rows = [
        (str(rank), code(state.value), code(fact.value), reason)
        for rank, (fact, state, reason) in enumerate(lifecycle.ENDINGS, start=1)
    ]
    return table(("rank", "state", "by the fact", "why it outranks the next"), rows)


def progress_table() -> str:
    """Return the states of an envelope that has not ended, furthest first."""
    return table(
        ("by the fact", "state"),
        [(code(fact.value), code(state.value)) for fact, state in lifecycle.PROGRESS],
    )


# Errors and commands.


def error_tree() -> str:
    """Return the tree of error classes, each with the first sentences of its docstring."""
    public = [
        kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ParaphError) and not name.startswith("_")
    ]

    def parent(kind: type) -> type | None:
        return next((each for each in kind.__mro__[1:] if each in public), None)

    def lines(above: type | None, indent: str) -> Iterator[str]:
        for kind in public:
            if parent(kind) is above:
                text = first_paragraph(kind)
                yield f"{indent}- {{py:exc}}`~paraph.errors.{kind.__name__}`: {text}"
                yield from lines(kind, indent + "  ")

    return "\n".join(lines(None, ""))


def commands() -> str:
    """Return the help of every command, those within groups and of plugins included."""
    context = click.Context(
        command_line, info_name="paraph", max_content_width=HELP_WIDTH, terminal_width=HELP_WIDTH
    )
    parts = (
        f"## {name.removeprefix('paraph ')}\n\n```text\n{text}\n```"
        for name, text in helps(command_line, context)
    )
    return "\n\n".join(parts)


def helps(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the full name and the help of each command below a group."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(
            command,
            info_name=name,
            parent=context,
            max_content_width=HELP_WIDTH,
            terminal_width=HELP_WIDTH,
        )
        yield inner.command_path, command.get_help(inner)
        if isinstance(command, click.Group):
            yield from helps(command, inner)


PAGES: Mapping[str, Callable[[], str]] = {
    "providers": providers_table,
    "capabilities": capability_table,
    "assumptions": assumptions_list,
    "events": events_table,
    "endings": endings_table,
    "progress": progress_table,
    "errors": error_tree,
    "commands": commands,
    "measured": measured.figures,
}
"""The generated pieces by name; a page includes ``_generated/NAME.md``, README has markers."""


def write_pages() -> None:
    """Write every piece for the documentation into ``docs/_generated``."""
    folder = DOCS / "_generated"
    folder.mkdir(exist_ok=True)
    pieces = {name: make() for name, make in PAGES.items()}
    pieces |= {f"settings-{info.name}": settings_table(info) for info in providers()}
    pieces |= {f"assumed-{info.name}": assumed_table(info) for info in providers()}
    pieces |= {f"offers-{info.name}": offers_table(info) for info in providers()}
    pieces |= {f"actions-{info.name}": actions_table(info) for info in providers()}
    pieces |= {f"ignisign-{name}": make() for name, make in meanings.PAGES.items()}
    pieces |= {f"marks-{name}": make() for name, make in marks.PAGES.items()}
    for name, text in pieces.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text() != text + "\n":
            path.write_text(text + "\n")


def renewed(text: str) -> str:
    """Return a text with what stands between its markers written anew."""

    def piece(found: re.Match[str]) -> str:
        return f"{found[1]}\n{PAGES[found[2]]()}\n{found[3]}"

    marked = re.compile(r"(<!-- generated: ([a-z]+) -->)\n.*?(<!-- end -->)", re.DOTALL)
    return marked.sub(piece, text)


def main(arguments: Sequence[str]) -> int:
    """Renew README.md, or with ``--check`` say whether that would change it."""
    now = README.read_text()
    then = renewed(now)
    if "--check" in arguments:
        if now != then:
            sys.stderr.write("README.md is not current; run: python docs/generate.py\n")
        return int(now != then)
    README.write_text(then)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
