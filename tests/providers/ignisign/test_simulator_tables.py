"""The simulator finds by key what it once looked for in everything, and finds the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.credentials import base62, new_id
from paraph_ignisign.simulator.model import Signer
from paraph_ignisign.simulator.tenant import Tenant

references = st.none() | st.sampled_from("abc")
steps = st.lists(
    st.tuples(st.sampled_from(["make", "rename", "revoke"]), st.integers(0, 9), references), max_size=30
)


def looked_for(tenant: Tenant, reference: str | None) -> Signer | None:
    """Look through every signer, as a simulator without an index would."""
    live = (one for one in tenant.signers.values() if one.status != "BLOCKED")
    return next((one for one in live if reference is not None and one.external_id == reference), None)


def take(tenant: Tenant, what: str, which: int, reference: str | None) -> None:
    """Do what the routes do: no live signer is ever given the reference of another one."""
    signers = list(tenant.signers.values())
    if what == "make":
        if looked_for(tenant, reference) is not None:
            return
        made: dict[str, Any] = {"id": new_id(), "auth_secret": base62(8), "created_at": tenant.clock.now()}
        signer = Signer(context=tenant.home, profile=tenant.default_profile(tenant.home), **made)
        tenant.signers[signer.id] = signer
        tenant.call(signer, reference)
    elif signers and what == "revoke":
        signers[which % len(signers)].status = "BLOCKED"
    elif signers and reference is not None:
        signer = signers[which % len(signers)]
        if signer.status != "BLOCKED" and looked_for(tenant, reference) in {None, signer}:
            tenant.call(signer, reference)


@settings(max_examples=50, deadline=None)
@given(steps)
def test_a_signer_is_found_by_its_reference(done: list[tuple[str, int, str | None]]) -> None:
    """Whatever was made, renamed and revoked before: a reference leads to its one signer, or to none."""
    tenant = create().tenant
    for what, which, reference in done:
        take(tenant, what, which, reference)
        for each in (None, "a", "b", "c"):
            assert looked_for(tenant, each) is tenant.signer_called(each, tenant.home)
