"""The pages a signer or approver meets: sign or approve, look at documents and proofs (contract 7.3).

An EMBEDDED signer needs the session token and the secret; a BY_SIDE signer, who comes from the e-mail, the
token alone. Nobody is offered to decline: no source knows of it. A page that ends a visit says why, to the
person and, if it is embedded, to the page around it. Assumption: an approver comes by the same address.
"""

from paraph_ignisign.simulator.signing.site import routes

__all__ = ["routes"]
