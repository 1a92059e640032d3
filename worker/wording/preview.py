"""Every message as its readers would see it, over the examples: as text, as one HTML page, and as problems."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.core.message import Rendered
from worker.errors import Problem
from worker.wording.check import check_templates
from worker.wording.examples import CASES, example
from worker.wording.files import Folders, WordingError
from worker.wording.render import Templates

_BODY = re.compile(r"<body[^>]*>\n(.*)\n</body>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """One message over one case."""

    name: str
    language: str
    case: str
    rendered: Rendered


def shown(
    folders: Sequence[Path], names: Sequence[str], language: str, cases: Sequence[str] = tuple(CASES), country: str = ""
) -> list[Shown]:
    """These messages (none: all the language has) over these cases. Raises WordingError for one that cannot be used."""
    within, templates = Folders(folders), Templates(folders)
    out = []
    for name in names or within.names(language) or within.names("en"):
        source = within.find(templates.language_of(language, name), name)
        assert source is not None, name  # language_of found it
        stage = source.matter["stage"]
        for case in cases:
            rendered = templates.render(example(name, stage, language, case, country))
            out.append(Shown(name, language, case, rendered))
    return out


def page(messages: Sequence[Shown]) -> str:
    """One HTML page with every message, its subject and its case above it."""
    parts = []
    for each in messages:
        body = _BODY.search(each.rendered.html)
        title = html.escape(f"{each.name} · {each.language} · {each.case}: {CASES[each.case]}")
        subject = html.escape(each.rendered.subject)
        inner = body[1] if body else ""
        parts.append(f"<section><h2>{title}</h2><p><b>{subject}</b></p><hr>\n{inner}\n</section>")
    style = (
        "body{font:15px/1.5 Arial,Helvetica,sans-serif;color:#222;background:#eee;margin:24px}"
        "section{background:#fff;max-width:640px;margin:0 auto 24px;padding:20px 28px}"
        "h2{font-size:13px;color:#555;font-weight:400;margin:0}"
    )
    head = f'<head><meta charset="utf-8"><title>Wording</title><style>{style}</style></head>'
    language = html.escape(messages[0].language) if messages else "en"
    return f'<!DOCTYPE html>\n<html lang="{language}">\n{head}\n<body>\n{"".join(parts)}\n</body>\n</html>\n'


def problems(folders: Sequence[Path]) -> list[Problem]:
    """What `check` finds, and every message that cannot be made of one of the examples, once each."""
    found = check_templates(folders)
    if found:
        return found
    within = Folders(folders)
    for language in within.languages():
        for name in within.names(language):
            try:
                shown(folders, [name], language)
            except WordingError as error:
                found += [each for each in error.problems if each not in found]
    return found
