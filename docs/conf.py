"""Sphinx's configuration; ``make docs`` builds with every warning as an error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import paraph

sys.path.insert(0, str(Path(__file__).parent))

import generate

project = "paraph"
author = "The paraph developers"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = paraph.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "_generated"]

html_theme = "furo"
html_title = f"paraph {release}"
html_static_path = ["_static"]
html_css_files = ["paraph.css"]
html_copy_source = False
html_show_sphinx = False

myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_use_legacy_class_based = False

nitpick_ignore_regex = [
    # Other projects' documentation is not read: that would need the network for every build.
    (
        "py:.*",
        r"(datetime|date|timedelta|pathlib|collections|contextlib|types|typing|httpx|attrs|cattrs|enum|pluggy|io|zoneinfo)(\..*)?",
    ),
    (
        "py:.*",
        r"Path|BinaryIO|Any|Self|Callable|Iter(able|ator)|Mapping|Sequence|Awaitable|TracebackType|Converter|\w*Enum",
    ),
    # Type variables have no page.
    ("py:.*", r"(paraph\..*\.)?([A-Za-z]+T|T|R|P|Ts)"),
    # Inner classes that signatures name; nobody makes or catches them.
    ("py:class", r"paraph\.config\.(table\..*|secrets\.Resolver)|paraph\.errors\._WithProblems"),
    ("py:class", r"paraph\.testing\.conformance\.(bench|subject)\..*"),
    # Shorthand in docstrings for members that stand on the same page under their full name.
    (
        "py:(attr|func|data|class)",
        r"Capability\.\w+|Capabilities\.evidence|VendorError\.effect|setting|DISABLE|StepKind|PARSED_AT_MOST|PDF_HEAD|ProblemKind\.\w+|packed",
    ),
    ("py:class", r"paraph\.model\.Rect"),
]


def setup(app: Any) -> None:
    """Write the generated pieces before any page is read."""
    app.connect("builder-inited", lambda _: generate.write_pages())
