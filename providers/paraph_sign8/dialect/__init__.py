"""Dialects of SIGN8's API as data; :mod:`paraph_sign8.dialect.model` has the theory.

Plugin, simulator and import share this data, and no code that reads or writes the wire.
"""

from paraph_sign8.dialect.leaves import Leaf, Mark, leaves
from paraph_sign8.dialect.model import Dialect, Operation, Word
from paraph_sign8.dialect.reading import SHIPPED, DialectError, load, parse, shipped

__all__ = [
    "SHIPPED",
    "Dialect",
    "DialectError",
    "Leaf",
    "Mark",
    "Operation",
    "Word",
    "leaves",
    "load",
    "parse",
    "shipped",
]
