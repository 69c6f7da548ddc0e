"""The neutral model: no input or output, no vendor words."""

from typing import TYPE_CHECKING

from paraph.lazily import found_in

if TYPE_CHECKING:
    from paraph.model.assurance import AchievedLevel, Assurance, Level, Regime, SignatureKind
    from paraph.model.document import ContentKind, Document, DocumentRole
    from paraph.model.envelope import Envelope, Stage, StageRule
    from paraph.model.event import Event, EventType
    from paraph.model.evidence import Evidence, EvidenceKind, SavedEvidence
    from paraph.model.fact import (
        Child,
        Fact,
        FactType,
        Observation,
        Source,
        Subject,
        SubjectKind,
        Trust,
        target,
    )
    from paraph.model.field import Anchor, Field, FieldKind, PageSize, Rect
    from paraph.model.problem import Instead, Policy, Problem, ProblemKind, Severity, summed_paths, summed_up
    from paraph.model.secret import Secret
    from paraph.model.signatory import DeliveryBy, Signatory, Verb
    from paraph.model.snapshot import (
        Activity,
        Attention,
        Decision,
        DeliveryState,
        Ending,
        Lifecycle,
        SignatoryState,
        Snapshot,
        Turn,
    )

__all__ = [
    "AchievedLevel",
    "Activity",
    "Anchor",
    "Assurance",
    "Attention",
    "Child",
    "ContentKind",
    "Decision",
    "DeliveryBy",
    "DeliveryState",
    "Document",
    "DocumentRole",
    "Ending",
    "Envelope",
    "Event",
    "EventType",
    "Evidence",
    "EvidenceKind",
    "Fact",
    "FactType",
    "Field",
    "FieldKind",
    "Instead",
    "Level",
    "Lifecycle",
    "Observation",
    "PageSize",
    "Policy",
    "Problem",
    "ProblemKind",
    "Rect",
    "Regime",
    "SavedEvidence",
    "Secret",
    "Severity",
    "Signatory",
    "SignatoryState",
    "SignatureKind",
    "Snapshot",
    "Source",
    "Stage",
    "StageRule",
    "Subject",
    "SubjectKind",
    "Trust",
    "Turn",
    "Verb",
    "summed_paths",
    "summed_up",
    "target",
]

if not TYPE_CHECKING:  # a checker that saw it would accept any misspelt name
    __getattr__ = found_in(
        __name__,
        "problem",
        "secret",
        "assurance",
        "signatory",
        "evidence",
        "fact",
        "document",
        "snapshot",
        "field",
        "event",
        "envelope",
    )
