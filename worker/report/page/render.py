"""Views to HTML: one environment that escapes everything, and cleans what it escapes. Data is never a template."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from worker.report.page.words import FILTERS, cleaned, lines

HERE = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The one environment; templates are our own files only."""
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {**FILTERS, "letter": letter, "lines": several}
    script = _packed("page.js", "")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    made.globals |= {"style": Markup(_packed("page.css", "")), "script": Markup(script), "script_hash": digest}  # noqa: S704 - our own files
    return made


def _packed(name: str, glue: str) -> str:
    """One of our own files without its indentation and comments of whole lines: it is repeated on every page."""
    text = (HERE / name).read_text(encoding="utf-8")
    found = [line.strip() for line in text.splitlines()]
    return (glue or "\n").join(line for line in found if line and not line.startswith(("/*", "//")))


def letter(html: str) -> Markup:
    """A message for an iframe's srcdoc: escaped once, and otherwise exactly as it is sent."""
    return escape(html)


def several(text: str) -> Markup:
    """A text of several lines, however long."""
    return escape(lines(text))


def rendered(template: str, **values: Any) -> str:
    """One page."""
    return environment().get_template(template).render(**values)
