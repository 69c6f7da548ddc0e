"""What a simulator did, in the order it did it: the witness for promises such as "never published twice"."""

import threading
from datetime import datetime

import attrs

from paraph.testing.simulator.clock import SimulatedClock


@attrs.frozen(kw_only=True)
class Effect:
    """One lasting change: when (simulated), its kind, the vendor's reference and the client's own, if any."""

    at: datetime
    kind: str
    reference: str
    external_id: str | None = None


class EffectJournal:
    """Append-only; read it with `all` or `of`."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._effects: list[Effect] = []

    def add(self, kind: str, reference: str, external_id: str | None = None) -> None:
        """Write down that `kind` happened to `reference`."""
        effect = Effect(at=self._clock.now(), kind=kind, reference=reference, external_id=external_id)
        with self._lock:
            self._effects.append(effect)

    def all(self) -> tuple[Effect, ...]:
        """Return every effect so far."""
        with self._lock:
            return tuple(self._effects)

    def of(self, kind: str) -> tuple[Effect, ...]:
        """Return the effects of one kind."""
        return tuple(effect for effect in self.all() if effect.kind == kind)


@attrs.frozen(kw_only=True)
class Mail:
    """An e-mail the vendor would have sent."""

    to: str = attrs.field(repr=False)
    subject: str
    link: str = attrs.field(repr=False)
