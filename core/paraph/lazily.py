"""Names that a package finds in its modules when they are first used (PEP 562).

Making a class takes longer than reading its module, and a program needs few of those that there are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def found_in(package: str, *modules: str) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``: a name of ``__all__`` comes from the first module that has it.

    :param modules: those that most programs need first, since one after the other is read.
    """

    def found(name: str) -> Any:
        home = sys.modules[package]
        if name in home.__all__:
            for module in modules:
                value = getattr(import_module(f"{package}.{module}"), name, None)
                if value is not None:
                    setattr(home, name, value)
                    return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return found
