"""How peers parse an Ignisign webhook: into classes with enums, renamed fields, and content by topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from benchmarks.method import peer

Parse = Callable[[bytes], object]

TITLES: Final[Mapping[str, str]] = {
    "cattrs": "cattrs Converter + json",
    "pydantic": "pydantic validate_json, discriminated",
    "msgspec": "msgspec into tagged structs",
}


class Nature(StrEnum):
    """The natures of a message."""

    INFO = "INFO"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    ERROR = "ERROR"


def installed() -> Mapping[str, Parse]:
    """Return the parsers of those peers that are installed; cattrs always is."""
    found: dict[str, Parse] = {"cattrs": with_cattrs()}
    if pydantic := peer("pydantic"):
        found["pydantic"] = with_pydantic(pydantic)
    if msgspec := peer("msgspec"):
        found["msgspec"] = with_msgspec(msgspec)
    return found


def with_cattrs() -> Parse:
    """Parse as a plain cattrs converter does, without detailed errors."""

    @attrs.frozen
    class Signature:
        signature_id: str
        signer_id: str
        document_id: str
        signature_request_id: str

    @attrs.frozen
    class Document:
        document_id: str
        document_external_id: str
        document_proof_token: str
        signature_proof_url: str

    @attrs.frozen
    class Proof:
        signature_request_id: str
        signature_request_external_id: str
        documents: list[Document]

    @attrs.frozen
    class SignatureEvent:
        app_id: str
        app_env: str
        topic: str
        action: str
        msg_nature: Nature
        content: Signature
        verification_token: str

    @attrs.frozen
    class ProofEvent:
        app_id: str
        app_env: str
        topic: str
        action: str
        msg_nature: Nature
        content: Proof
        verification_token: str

    converter = Converter(detailed_validation=False)
    for kind in (Signature, Document, Proof, SignatureEvent, ProofEvent):
        attrs.resolve_types(kind, localns=locals())
        names: Any = {field.name: override(rename=camel(field.name)) for field in attrs.fields(kind)}
        converter.register_structure_hook(kind, make_dict_structure_fn(kind, converter, **names))
    kinds: Mapping[str, type[Any]] = {"SIGNATURE": SignatureEvent, "SIGNATURE_PROOF": ProofEvent}

    def parse(raw: bytes) -> object:
        value = json.loads(raw)
        return converter.structure(value, kinds[value["topic"]])

    return parse


def with_pydantic(pydantic: Any) -> Parse:
    """Parse as pydantic does from bytes, by a union that the topic discriminates."""
    base: Any = pydantic.BaseModel

    class Model(base):  # type: ignore[misc]  # known at run time only
        model_config = pydantic.ConfigDict(alias_generator=camel, frozen=True)

    class Signature(Model):
        signature_id: str
        signer_id: str
        document_id: str
        signature_request_id: str

    class Document(Model):
        document_id: str
        document_external_id: str
        document_proof_token: str
        signature_proof_url: str

    class Proof(Model):
        signature_request_id: str
        signature_request_external_id: str
        documents: list[Document]

    class Event(Model):
        app_id: str
        app_env: str
        action: str
        msg_nature: Nature
        verification_token: str

    class SignatureEvent(Event):
        topic: Literal["SIGNATURE"]
        content: Signature

    class ProofEvent(Event):
        topic: Literal["SIGNATURE_PROOF"]
        content: Proof

    names = locals()
    for kind in (Proof, SignatureEvent, ProofEvent):
        kind.model_rebuild(_types_namespace=names)
    union = Annotated[SignatureEvent | ProofEvent, pydantic.Field(discriminator="topic")]
    parse: Parse = pydantic.TypeAdapter(union).validate_json
    return parse


def with_msgspec(msgspec: Any) -> Parse:
    """Parse as msgspec does from bytes, by structs that the topic tags."""
    signature = msgspec.defstruct(
        "Signature",
        [(name, str) for name in ("signature_id", "signer_id", "document_id", "signature_request_id")],
        rename="camel",
        frozen=True,
    )
    document = msgspec.defstruct(
        "Document",
        [
            (name, str)
            for name in (
                "document_id",
                "document_external_id",
                "document_proof_token",
                "signature_proof_url",
            )
        ],
        rename="camel",
        frozen=True,
    )
    proof = msgspec.defstruct(
        "Proof",
        [
            ("signature_request_id", str),
            ("signature_request_external_id", str),
            ("documents", list[document]),  # type: ignore[valid-type]  # made above
        ],
        rename="camel",
        frozen=True,
    )
    events = [
        msgspec.defstruct(
            f"{content.__name__}Event",
            [
                ("app_id", str),
                ("app_env", str),
                ("action", str),
                ("msg_nature", Nature),
                ("content", content),
                ("verification_token", str),
            ],
            rename="camel",
            frozen=True,
            tag_field="topic",
            tag=tag,
        )
        for tag, content in (("SIGNATURE", signature), ("SIGNATURE_PROOF", proof))
    ]
    parse: Parse = msgspec.json.Decoder(events[0] | events[1]).decode
    return parse


def camel(name: str) -> str:
    """Return the vendor's spelling of a name: ``appId`` for ``app_id``."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
