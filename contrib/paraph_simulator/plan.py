"""What a demo is to play, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import attrs

from paraph import Envelope, Lifecycle, SavedEvidence, Snapshot
from paraph_simulator.stage import Post


def nothing(_folder: Path) -> None:
    """Do nothing."""


@attrs.frozen(kw_only=True)
class Plan:
    """What to play.

    :ivar pdf: the first document; drawn if ``None``. ``folder``: where everything goes.
    :ivar by_hand: stop at the signing links and wait for people.
    :ivar patience: seconds to wait for what has to happen by itself.
    :ivar before_judging: called with each envelope's folder of saved evidence, for tests that spoil it.
    """

    folder: Path
    pdf: Path | None = None
    by_hand: bool = False
    patience: float = 30.0
    before_judging: Callable[[Path], None] = nothing


@attrs.frozen(kw_only=True)
class Part:
    """One envelope through one account: signed by everybody, or refused by the last signatory."""

    account: str
    vendor: str
    refused: bool = False

    @property
    def name(self) -> str:
        """What its folder is called."""
        return f"{self.account}-refused" if self.refused else self.account

    @property
    def label(self) -> str:
        """How it is told apart in sentences."""
        return f"{self.account}, refused" if self.refused else self.account

    @property
    def ending(self) -> Lifecycle:
        """How the envelope has to end."""
        return Lifecycle.DECLINED if self.refused else Lifecycle.COMPLETED


@attrs.frozen(kw_only=True)
class Result:
    """What came of one part; ``failures`` is empty if all held.

    :ivar decided: when each signatory decided: by the vendor's clock, else when we learned of it.
    :ivar posts: the webhooks that the vendor sent meanwhile, with what became of them.
    :ivar reads: how often the vendor was asked for the end, because it sends no webhook for it.
    :ivar confirmed: the vendor's API confirmed how the envelope ended.
    """

    part: Part
    envelope: Envelope
    snapshot: Snapshot
    saved: tuple[SavedEvidence, ...]
    decided: Mapping[str, datetime]
    posts: tuple[Post, ...]
    reads: int
    confirmed: bool
    failures: tuple[str, ...]
