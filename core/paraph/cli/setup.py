"""``providers`` and ``accounts``: what is installed and what is configured. No secret, no network."""

from __future__ import annotations

import click

from paraph.cli import output
from paraph.cli.render import problem_json, to_json
from paraph.cli.session import Session, common
from paraph.provider.registry import ProviderListing


@click.command()
@common
@click.pass_obj
def providers(session: Session) -> None:
    """List installed providers and plugins, sound or not; a wrong configuration does not matter."""
    listed = session.registry().listing(build=True)

    def text() -> None:
        output.write_table(
            ("name", "kind", "status", "title", "distribution", "api"), [_row(each) for each in listed]
        )
        for each in listed:
            if each.capabilities:
                output.write(f"{each.name}: {', '.join(each.capabilities)}")
            if each.error:
                output.write(f"{each.name}: {each.error}")

    session.show({"providers": to_json(listed)}, text)


def _row(listing: ProviderListing) -> tuple[str, ...]:
    distribution = f"{listing.distribution} {listing.version}".strip()
    return (listing.name, listing.kind, listing.status.value, listing.title, distribution, listing.api)


@click.command()
@common
@click.pass_obj
def accounts(session: Session) -> None:
    """List the configured accounts, usable or not; their secrets are not read."""
    config = session.config()
    document = [
        {
            "name": each.name,
            "provider": each.provider,
            "environment": each.environment,
            "default": each.name == config.default,
            "problems": [problem_json(problem) for problem in each.problems],
        }
        for each in config.accounts.values()
    ]

    def text() -> None:
        output.write_table(
            ("name", "provider", "environment", "default"),
            [
                (each.name, each.provider, each.environment, "yes" if each.name == config.default else "")
                for each in config.accounts.values()
            ],
        )
        for problem in config.problems:
            output.write(str(problem))

    session.show({"accounts": document}, text)
