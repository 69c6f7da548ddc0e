"""A dialect, the collection of it, and the dialect that is read back out of the collection."""

import json
import tomllib

import attrs
from hypothesis import HealthCheck, given, settings

from paraph_sign8.dialect import Dialect, parse, shipped
from paraph_sign8.importing import Verdict, import_bytes
from support.collection_of import clear_dialects, collection_of, effective
from support.dialects import dialects


def read_back(dialect: Dialect) -> Dialect:
    """Import a dialect's collection; what the file has to say wins over the shipped dialect."""
    imported = import_bytes(json.dumps(collection_of(dialect)).encode())
    return parse(tomllib.loads(imported.text))


# Values that no collection shows: where a download's content stands, and where an upload goes.
UNSEEN = {"content": "content", "upload_url": "url"}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(clear_dialects())
def test_a_clear_dialect_is_found_again(dialect: Dialect) -> None:
    """Paths, methods, names of fields and places in answers survive the way through a collection."""
    again = read_back(dialect)
    known = attrs.evolve(dialect, answers=attrs.evolve(dialect.answers, **UNSEEN))
    assert effective(known) == effective(again)
    assert dialect.organization.place == again.organization.place
    assert dialect.formats.transfer == again.formats.transfer


def test_the_simulator_is_found_again() -> None:
    """The collection of the shipped simulator dialect gives its paths, names and places."""
    simulator = shipped("simulator")
    assert effective(simulator) == effective(read_back(simulator))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(dialects())
def test_any_dialect_gives_a_file_that_loads(dialect: Dialect) -> None:
    """Names that no person would choose are not found, or guessed, and the file still loads."""
    imported = import_bytes(json.dumps(collection_of(dialect)).encode())
    again = parse(tomllib.loads(imported.text))
    for finding in imported.findings:
        if finding.verdict is Verdict.NOT_FOUND:
            assert finding.value in {None, ""}
    found = {finding.path for finding in imported.findings if finding.written}
    assert again.configured == found
