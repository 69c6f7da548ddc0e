"""A local SIGN8, built from the public contract and a dialect, sharing no wire code with the client.

Whatever SIGN8 has not published is the simulator's own invention: the ``simulator`` dialect, the format of
errors, the pages. Any other dialect may take its place; everything that is served comes from it.
"""

from collections.abc import Iterable
from datetime import timedelta

from paraph_sign8.dialect import Dialect, shipped
from paraph_sign8.simulator.credentials import Credentials
from paraph_sign8.simulator.hooks import Body
from paraph_sign8.simulator.simulator import Sign8Simulator
from paraph_sign8.simulator.tenant import Options, new_id

__all__ = ["Sign8Simulator", "create"]


def create(
    *,
    dialect: Dialect | None = None,
    latency: float = 0.0,
    webhook_urls: Iterable[str] = (),
    webhook_timeout: float = 5.0,
    webhook_body: Body = "json",
    webhook_names_workflow: bool = True,
    webhook_token: bool = True,
    sign_url: str | None = None,
    settling: timedelta = timedelta(seconds=2),
    code_lifetime: timedelta = timedelta(minutes=5),
    token_lifetime: timedelta = timedelta(hours=1),
    max_file_bytes: int = 50_000_000,
    sealing_team: Iterable[str] = ("@example.org",),
    teams: Iterable[str] | None = None,
    files: Iterable[str] = (),
) -> Sign8Simulator:
    """Make a simulated SIGN8 with one organisation; nothing runs before `running()` or entering it.

    :param dialect: what it speaks; the shipped ``simulator`` dialect if ``None``.
    :param latency: real seconds before each API answer.
    :param webhook_body: what is posted: ``json``, ``form`` or ``empty``. ``webhook_names_workflow``: whether
        it says which workflow. ``webhook_token``: whether it comes with a secret, where the dialect says.
    :param sign_url: where signing links point; by default to the running server.
    :param settling: simulated time that a complete draft rests before it starts by itself, if the dialect has
        no call that starts it. ``code_lifetime``: of a code on a phone (five minutes: contract 4).
        ``token_lifetime``: of OAuth2 tokens. These and the limit of a file are assumptions otherwise.
    :param sealing_team: who may be asked for a seal (contract 4): e-mail addresses, or ``@domain`` for all of
        it; anybody else is refused. A dialect without a field for addresses tells nobody apart.
    :param teams: ids of the teams that a workflow may be visible to; one with a fresh id, which ``state()``
        tells, if ``None``.
    :param files: ids of the files that an interface's icon or logo may be, besides the defaults.
    :raises ValueError: the dialect asks for what cannot be served: a client certificate over plain HTTP, two
        operations under one address, or two things in one place of an answer.
    """
    spoken = shipped("simulator") if dialect is None else dialect
    return Sign8Simulator(
        Options(
            settling=settling,
            code_lifetime=code_lifetime,
            max_file_bytes=max_file_bytes,
            sealing_team=frozenset(each.casefold() for each in sealing_team),
            teams=(new_id(),) if teams is None else tuple(teams),
            pictures=frozenset(files),
        ),
        dialect=spoken,
        credentials=Credentials(spoken.auth, lifetime=token_lifetime),
        latency=latency,
        webhook_urls=webhook_urls,
        webhook_timeout=webhook_timeout,
        webhook_body=webhook_body,
        webhook_names_workflow=webhook_names_workflow,
        webhook_token=webhook_token,
        sign_url=sign_url,
    )
