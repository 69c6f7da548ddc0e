"""cattrs at the edge: strict values in, plain JSON values out, errors that never show a value."""

from paraph.convert.base import base_converter, camel, named, spellings
from paraph.convert.paths import wrong_paths
from paraph.convert.structure import structure_answer

__all__ = ["base_converter", "camel", "named", "spellings", "structure_answer", "wrong_paths"]
