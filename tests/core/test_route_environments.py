"""An envelope never changes its environment: not by a default, a list of accounts or a failure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.client import Client
from paraph.errors import MissingSecret, ParaphError, Refused, VendorUnavailable
from paraph.routing import Route, When, decide
from support.routes import ACCOUNT, DOWN, NAMES, NOON, configuration, envelope, labelled, problems

LIVE = {**ACCOUNT, "environment": "production"}
RULE = {"name": "contracts", "when": {"tenant": ["sales"]}, "use": ["live"]}
ASKED = envelope(tenant="sales")

environments = st.fixed_dictionaries(dict.fromkeys(NAMES, st.sampled_from(["test", "production"])))
uses = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)


def client(live: dict[str, Any], other: dict[str, Any] = ACCOUNT, **more: Any) -> Client:
    """Stand before a production account that a rule names, and a default of the other environment."""
    config = configuration(RULE, default="hr", accounts={"live": live, "hr": other}, **more)
    return Client.from_config(config, registry=config.registry)


@given(uses, st.none() | st.sampled_from(NAMES), environments)
def test_candidates_are_of_the_first_ones_environment(
    use: list[str], default: str | None, known: dict[str, str]
):
    """Whatever a rule and the default name: in their order, those of the first one's environment alone."""
    decision = decide((Route(name="x", when=When(), use=tuple(use)),), default, envelope(), NOON, known)
    named = list(dict.fromkeys([*use, *([default] if default else [])]))
    assert [name for name in named if known[name] == known[use[0]]] == list(decision.candidates)
    assert [name for name in named if known[name] != known[use[0]]] == list(decision.elsewhere)


def test_without_a_rule_the_default_alone_carries():
    """The default's environment is compared with that of a rule's account, and with nothing else."""
    with client(LIVE) as asking:
        assert "hr" == asking.send(envelope()).account
        decision = asking.route(envelope()).decision
        assert (("hr",), ()) == (decision.candidates, decision.elsewhere)


@pytest.mark.parametrize(
    ("live", "kind", "told"),
    [
        ({**LIVE, "api_key": "env:GONE"}, MissingSecret, "secret.missing"),
        ({**LIVE, "labels": [DOWN]}, VendorUnavailable, ""),
        ({**LIVE, "allow_recipients": ["*@example.com"]}, Refused, "recipient.not_allowed"),
    ],
    ids=["missing secret", "vendor down", "recipient not allowed"],
)
def test_a_contract_is_never_sent_through_an_account_of_the_other_environment(
    live: dict[str, Any], kind: type[ParaphError], told: str
):
    """If the production account cannot be used, the failure is told and nothing is sent; nor in reverse."""
    for world in (live, {**live, "environment": "test"}):
        other = {**ACCOUNT, "environment": "test" if world is live else "production"}
        with client(world, other) as asking:
            with pytest.raises(kind) as caught:
                asking.send(ASKED)
            codes = [problem.code for problem in getattr(caught.value, "problems", ())]
            assert [told] * bool(told) == codes[:1]
            with asking.store.begin() as tx:
                assert None is tx.envelope("one")


def test_control_a_default_of_the_same_environment_takes_it():
    """Where both accounts are for production, the same rule passes on to the default."""
    with client({**LIVE, "labels": [DOWN]}, LIVE) as asking:
        assert ("hr", "production") == (asking.send(ASKED).account, asking.get("one").environment)


def test_explain_and_options_say_why_it_is_never_taken():
    """The account is listed after the candidates, without a place among them, and with its reason first."""
    with client(LIVE) as asking:
        routing = asking.route(ASKED)
        assert ("live", ("live",), ("hr",)) == (
            routing.account,
            routing.decision.candidates,
            routing.decision.elsewhere,
        )
        option = routing.options[1]
        assert ("hr", None, False, "environment.other") == (
            option.account,
            option.candidate,
            option.possible,
            option.problems[0].code,
        )
        assert routing.options == asking.options(ASKED)


def test_a_rule_that_mixes_environments_is_refused():
    """In ``use`` each account of another environment than the first one's is a problem of its own place."""
    accounts = {"live": LIVE, "hr": ACCOUNT, "de": labelled("fields"), "odd": {**ACCOUNT, "environment": "x"}}
    rule = {"name": "x", "use": ["odd", "hr", "live", "de"]}
    assert {
        "accounts.odd.environment": "value.type",
        "routes[0].use[2]": "environment.other",
    } == problems(rule, accounts=accounts)
