"""The neutral base of every vendor's simulator: clock, authority, PAdES, webhooks, faults, server, pages.

Needs the `simulator` extra (starlette, uvicorn, pyHanko, cryptography); `import paraph` never reaches it.
"""

from paraph.testing.simulator.authority import CertificateAuthority, SigningIdentity
from paraph.testing.simulator.base import SimulatedAccount, Simulator
from paraph.testing.simulator.clock import SimulatedClock
from paraph.testing.simulator.effects import Effect, EffectJournal, Mail
from paraph.testing.simulator.faults import Fault, FaultKind, Faults
from paraph.testing.simulator.pades import Place, pdf_problem, sign_pdf
from paraph.testing.simulator.person import Person, PersonStuckError
from paraph.testing.simulator.server import serve
from paraph.testing.simulator.webhooks import Attempt, Delivery, DeliveryStatus, WebhookQueue

__all__ = [
    "Attempt",
    "CertificateAuthority",
    "Delivery",
    "DeliveryStatus",
    "Effect",
    "EffectJournal",
    "Fault",
    "FaultKind",
    "Faults",
    "Mail",
    "Person",
    "PersonStuckError",
    "Place",
    "SigningIdentity",
    "SimulatedAccount",
    "SimulatedClock",
    "Simulator",
    "WebhookQueue",
    "pdf_problem",
    "serve",
    "sign_pdf",
]
