"""What stands around the calls: servers, authentication, webhooks. Of a secret only its place is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from paraph_sign8.dialect.checking import url_fault
from paraph_sign8.importing.agreeing import organization_name
from paraph_sign8.importing.calls import Matched
from paraph_sign8.importing.description import (
    Auth,
    Description,
    Request,
    Server,
    Variable,
    is_data,
    is_secret,
    shown,
)
from paraph_sign8.importing.findings import SURE, Board
from paraph_sign8.importing.heard import best, ids
from paraph_sign8.importing.naming import NEAR, WEAK, fits, words_of
from paraph_sign8.importing.placing import main_base
from paraph_sign8.importing.shapes import Shape, spots
from paraph_sign8.importing.told import Candidate
from paraph_sign8.importing.vocabulary import HEARD, MARKERS, WORDS, Noun

_GUESS: Final = SURE - 1
_SCOPE: Final = re.compile(r"[\w.:/-]{1,80}( [\w.:/-]{1,80}){0,9}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_NEARLY_ALL: Final = 0.8
"""Of all calls, the part that a header has to stand on."""

_NOTHING_NEEDED: Final = frozenset({"noauth", "none"})
_OF_ONE_CALL: Final = re.compile(
    r"idempoten|request-?id|correlation|trace|span|content-|accept|user-agent|version", re.IGNORECASE
)
"""Headers whose value tells calls apart, or says how they are written."""

_TOKEN_PATH: Final = re.compile(r"/[A-Za-z0-9_.~/-]{1,200}")

SHIPPED_EVENT: Final = ("api/workflow/workflowRefused", "refused")
"""The one webhook that SIGN8 has published (contract 5)."""


def place_servers(description: Description, matched: Matched, board: Board) -> None:
    """Place base URLs whose names say which system they are; one that does not say it is only reported."""
    main = main_base(matched)
    unclear: list[str] = []
    found: dict[str, list[Server]] = {"test": [], "production": []}
    for server in description.servers:
        kind = _environment(server)
        if not _usable(server.url):
            if server.key == main or not server.key:
                board.note(f"a base URL cannot be used: {_unusable(server.url)}")
        elif kind:
            found[kind].append(server)
        elif server.key == main or not server.key:
            unclear.append(server.url)
    for kind, servers in found.items():
        urls = {server.url for server in servers}
        path = f"servers.{kind}"
        if len(urls) == 1:
            board.put(path, urls.pop(), NEAR, f"it is called {shown(servers[0].about)}")
        elif urls:
            board.miss(path, f"equally good: {' and '.join(sorted(urls))}")
        elif unclear:
            listed = " and ".join(sorted(set(unclear)))
            board.miss(path, f"nothing says which system this is: {listed}")
        else:
            board.miss(path, "the file holds no such URL")


def _usable(url: str) -> bool:
    if url_fault(url) or not url.isprintable() or " " in url or is_secret(url):
        return False
    return not any(is_data(each) for each in urlsplit(url).path.split("/"))


def _unusable(url: str) -> str:
    if "{" in url:
        return "the file has no value for a variable in it"
    return url_fault(url) or "it holds somebody's data" if url else "the file has no value for it"


def _environment(server: Server) -> str:
    words = {word for name in (server.about, server.key, _host(server.url)) for word in words_of(name)}
    test, production = bool(words & MARKERS["test"]), bool(words & MARKERS["production"])
    if test == production:
        return ""
    return "test" if test else "production"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def place_auth(matched: Matched, board: Board) -> None:
    """Place how calls are authenticated: as most of them are."""
    votes = Counter(each.request.auth for each in matched.found.values() if each.request.auth)
    keys = ("type", "header", "template", "token_url", "scope")
    for key in keys:
        board.miss(f"auth.{key}", "the file does not say how calls are authenticated")
    if not {auth.kind for auth in votes} - _NOTHING_NEEDED and _place_open_header(matched, keys, board):
        return
    if not votes:
        return
    (auth, count), *others = votes.most_common()
    if others and others[0][1] == count:
        for key in keys:
            board.miss(
                f"auth.{key}", f"calls are authenticated in two ways: {auth.kind} and {others[0][0].kind}"
            )
        return
    fault = _auth_fault(auth)
    if fault:
        for key in keys:
            board.miss(f"auth.{key}", fault)
        board.note(f"{fault}; ask SIGN8 for another way")
        return
    for key in keys:
        board.miss(f"auth.{key}", f"not needed, or not said, for {shown(auth.kind)}")
    _put_auth(auth, board)


def _place_open_header(matched: Matched, keys: Sequence[str], board: Board) -> bool:
    """Guess that calls are authenticated by the one header of (nearly) all of them that holds a variable."""
    calls = [each.request for each in matched.found.values()]
    counts = Counter(header for call in calls for header in call.open_headers if _may_be_secret(header))
    usual = sorted(header for header, count in counts.items() if count >= _NEARLY_ALL * len(calls))
    if not usual:
        return False
    if len(usual) > 1:
        for key in keys:
            board.miss(f"auth.{key}", f"equally good: the headers {' and '.join(usual)}")
        return True
    (header,) = usual
    prefixes = Counter(call.open_headers[header] for call in calls if header in call.open_headers)
    ((prefix, _),) = prefixes.most_common(1)
    for key in keys:
        board.miss(f"auth.{key}", f"not needed for the header {header}")
    reason = f"the only header of {counts[header]} of {len(calls)} calls whose value is a variable"
    for key, value in (("type", "header"), ("header", header), ("template", f"{prefix}{{secret}}")):
        board.put(f"auth.{key}", value, WEAK, reason)
    return True


def _may_be_secret(header: str) -> bool:
    """Whether a header can be the one that authenticates: neither an organisation's id nor a call's own."""
    if not _HEADER.fullmatch(header) or is_data(header) or organization_name(header) >= WEAK:
        return False
    return not _OF_ONE_CALL.search(header)


def _auth_fault(auth: Auth) -> str:
    if auth.kind in {"bearer", "oauth2", "noauth", "none"}:
        return ""
    if auth.kind != "apikey":
        return f"authentication by {shown(auth.kind)} is not supported"
    if not auth.in_header:
        return "a key in the query is not supported"
    return (
        ""
        if _HEADER.fullmatch(auth.header) and not is_data(auth.header)
        else "the header of the key is not named"
    )


def _put_auth(auth: Auth, board: Board) -> None:
    if auth.kind in {"noauth", "none"}:
        board.put(
            "auth.type", "none", _GUESS, "the file says that nothing is needed, which may be left out only"
        )
        return
    if auth.kind == "oauth2":
        board.put("auth.type", "oauth2", NEAR, "as most calls are authenticated")
        url = auth.token_url
        if url and (_usable(url) or (url.startswith("/") and _TOKEN_PATH.fullmatch(url))):
            board.put("auth.token_url", url, NEAR, "the address of the token")
        if _SCOPE.fullmatch(auth.scope) and not any(is_data(each) for each in auth.scope.split()):
            board.put("auth.scope", auth.scope, NEAR, "the scope of the token")
        return
    bearer = auth.kind == "bearer"
    header = "Authorization" if bearer else auth.header
    known = bearer or header.lower() == "authorization" or set(words_of(header)) & MARKERS["key"]
    score = NEAR if known else WEAK
    reason = "as most calls are authenticated"
    board.put("auth.type", "bearer" if bearer else "header", score, reason)
    board.put("auth.header", header, score, reason)
    board.put("auth.template", "Bearer {secret}" if bearer else f"{auth.prefix}{{secret}}", score, reason)


def place_webhooks(requests: Sequence[Request], board: Board) -> None:
    """Place the paths of webhooks and where things stand in their bodies."""
    hooks = [each for each in requests if each.webhook]
    _place_events(hooks, board)
    bodies = [each.body for each in hooks if each.body.members]
    for key, noun in (("workflow_id", Noun.WORKFLOW), ("signer_id", Noun.SIGNER)):
        places = [
            found.spot.place for body in bodies if (found := ids(body, noun)[0]) and _about(found, noun, key)
        ]
        _put_places(f"webhooks.{key}", places, board)
    places = [found.spot.place for body in bodies if (found := _reason(body))]
    _put_places("webhooks.reason", places, board)
    _place_token(hooks, board)


def _about(found: Candidate, noun: Noun, key: str) -> bool:
    """Say whether an id is whose it seems: a lone ``id`` in a webhook's body is the workflow's."""
    return key == "workflow_id" or found.score >= NEAR or noun is Noun.WORKFLOW


def _reason(body: Shape) -> Candidate | None:
    found = [
        Candidate("reason", spot, score, spot.place)
        for spot in spots(body)
        if spot.shape.is_scalar and (score := fits(spot.name, HEARD["reason"])) >= NEAR
    ]
    return best(found)[0]


def _put_places(path: str, places: Sequence[str], board: Board) -> None:
    if places:
        board.put(path, list(dict.fromkeys(places))[:5], NEAR, "in the body of a webhook")
    else:
        board.miss(path, "no webhook's body shows it")


def _place_events(hooks: Sequence[Request], board: Board) -> None:
    found: dict[str, tuple[str, str]] = {}
    for hook in hooks:
        path, why = _event_path(hook)
        event = _event(path or hook.name) or _event(hook.name)
        title = shown(f"webhook {hook.name or path}")
        if not path:
            board.ignore(title, why)
        elif not event:
            board.ignore(title, "it means no event that paraph knows")
        else:
            found[path] = (event, shown(hook.name or path))
    where = "webhooks.events"
    if not found:
        board.miss(
            f"{where}.{SHIPPED_EVENT[0]}", "the file shows no webhook; stays as SIGN8 has published it"
        )
        return
    if "refused" not in {event for event, _ in found.values()}:
        path, event = SHIPPED_EVENT
        board.put(f"{where}.{path}", event, NEAR, "not in the file, but SIGN8 has published it (contract 5)")
    for path, (event, name) in found.items():
        board.put(f"{where}.{path}", event, NEAR, f"the webhook {name}")


def _event_path(hook: Request) -> tuple[str, str]:
    parts = [part for segment in hook.segments for part in segment]
    if any(isinstance(part, Variable) or is_data(part) for part in parts):
        return "", "its path holds a variable"
    path = "/".join("".join(map(str, segment)) for segment in hook.segments).strip("/")
    if not path or not path.isprintable() or len(path) > 128:  # noqa: PLR2004 - as long as a kept path
        return "", "the file does not say below which path it comes"
    if "/" not in path and path == SHIPPED_EVENT[0].rpartition("/")[2]:
        return SHIPPED_EVENT[0], ""  # an OpenAPI file names webhooks and need not say their paths
    return path, ""


def _event(text: str) -> str:
    words = words_of(text)
    hits = {meaning for meaning, names in WORDS["events"].items() for word in words if word in names}
    return hits.pop() if len(hits) == 1 else ""


def _place_token(hooks: Sequence[Request], board: Board) -> None:
    names = {
        header
        for hook in hooks
        for header in (*hook.headers, *([hook.auth.header] if hook.auth and hook.auth.in_header else []))
        if set(words_of(header)) & MARKERS["secret"]
        and not organization_name(header)
        and _HEADER.fullmatch(header)
    }
    if len(names) == 1 and not is_data(name := next(iter(names))):
        board.put("webhooks.token", "header", WEAK, f"the header {name} of a webhook")
        board.put("webhooks.token_header", name, WEAK, "its name says that it holds a secret")
        return
    for key in ("token", "token_header"):
        board.miss(f"webhooks.{key}", "no webhook shows a secret")
