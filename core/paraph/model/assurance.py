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


def _level(value: Level | str | None) -> Level | None:
    """Read a level given by its name."""
    return Level.parse(value) if isinstance(value, str) else value


def _known(instance: object, attribute: attrs.Attribute[Level | None], value: object) -> None:
    """Refuse what is no level where it is written, not where it is compared."""
    if value is not None and not isinstance(value, Level):
        msg = f"{type(instance).__name__}.{attribute.name} is a Level, its name or None"
        raise TypeError(msg)


@attrs.frozen(kw_only=True)
class Assurance:
    """What is asked of one signatory's signature, or of all of them.

    :ivar level: the level asked for, or its name; ``None`` takes the account's default.
    :ivar floor: the weakest level that is acceptable, or its name; ``None`` means ``level``.
    :raises ValueError, TypeError: no such level or regime.
    """

    level: Level | None = attrs.field(default=None, converter=_level, validator=_known)
    floor: Level | None = attrs.field(default=None, converter=_level, validator=_known)
    regime: Regime = attrs.field(default=Regime.EIDAS, converter=Regime)

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
