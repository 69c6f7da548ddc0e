"""Distributions made for one test: a metadata folder and modules on ``sys.path``, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent, indent

from paraph.model import Envelope
from paraph.provider import Account


def an_account(name: str = "hr") -> Account[object]:
    """Make an account of no provider that matters."""
    return Account(name=name, provider="fake", environment="test", settings=None)


def an_envelope() -> Envelope:
    """Make an envelope with a title only."""
    return Envelope(title="Contract")


def install(
    folder: Path,
    distribution: str,
    *,
    providers: Mapping[str, str] | None = None,
    plugins: Mapping[str, str] | None = None,
    commands: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
    requires: Sequence[str] = (),
    version: str = "1.0",
) -> Path:
    """Write a distribution into ``folder``, which has to be on ``sys.path``; return the folder.

    :param providers: entry points by name; ``plugins`` and ``commands`` likewise.
    :param modules: source text by module name.
    """
    meta = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    meta.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    (meta / "METADATA").write_text("\n".join(lines) + "\n")
    groups = {"paraph.providers": providers, "paraph.plugins": plugins, "paraph.commands": commands}
    text = ""
    for group, entries in groups.items():
        if entries:
            text += f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
    (meta / "entry_points.txt").write_text(text)
    for name, source in (modules or {}).items():
        (folder / f"{name}.py").write_text(dedent(source))
    return folder


def provider_module(name: str, *, api: str = "PLUGIN_API", more: str = "") -> str:
    """Return the source of a provider module like the fake one, under another name."""
    source = f"""
        import attrs
        import paraph
        from paraph.provider import PLUGIN_API
        from paraph.provider.hookspecs import hookimpl
        from paraph.testing import fake

        @hookimpl
        def paraph_provider():
            return attrs.evolve(fake.INFO, name={name!r}, title="Acme", api={api})
    """
    return dedent(source) + "\n" + indent(dedent(more), "")
