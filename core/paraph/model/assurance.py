"""How strong a signature has to be, under which law, and how strong it turned out.

SES < AES < AES_QC < QES (eIDAS: simple, advanced, advanced with a qualified
certificate, qualified). Identification means and signature method are different
things; a level says neither.
"""

from __future__ import annotations

from enum import Enum, StrEnum

import attrs


class Level(Enum):
    """A signature level; comparable, weakest first."""

    SES = 1
    AES = 2
    AES_QC = 3
    QES = 4

    def __lt__(self, other: object) -> bool:
        if isinstance(other, Level):
            return self.value < other.value
        return NotImplemented

    def __le__(self, other: object) -> bool:
        if isinstance(other, Level):
            return self.value <= other.value
        return NotImplemented

    @classmethod
    def parse(cls, word: str) -> Level:
        """Read a level from configuration or a file, such as ``"QES"``; raises ``ValueError``."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            msg = f"unknown level {word!r}; known: {', '.join(level.name for level in cls)}"
            raise ValueError(msg) from None


class Regime(StrEnum):
    """The law a level is meant under."""

    EIDAS = "eidas"
    ZERTES = "zertes"
    UETA = "ueta"
    OTHER = "other"


class SignatureKind(StrEnum):
    """Who signs: a natural person, or a legal person with a seal."""

    SIGNATURE = "signature"
    SEAL = "seal"


@attrs.frozen(kw_only=True)
class Assurance:
    """What is asked of one signatory's signature, or of all of them.

    :ivar level: the level asked for; ``None`` takes the account's default.
    :ivar floor: the weakest level that is acceptable; ``None`` means ``level``.
    """

    level: Level | None = None
    floor: Level | None = None
    regime: Regime = Regime.EIDAS

    @property
    def least(self) -> Level | None:
        """The weakest acceptable level, or ``None`` when nothing was asked."""
        return self.floor if self.floor is not None else self.level

    def accepts(self, level: Level) -> bool:
        """Whether a signature of ``level`` satisfies this."""
        least = self.least
        return least is None or least <= level


@attrs.frozen(kw_only=True)
class AchievedLevel:
    """A level that was reached, and who says so.

    :ivar source: where the statement comes from, such as ``vendor`` or ``certificate``.
    """

    level: Level
    regime: Regime
    source: str
