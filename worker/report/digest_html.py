"""The HTML part of the digest: one column, no pictures, no links; every text is escaped where it is put in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

_BODY = "margin:0;padding:16px;font:15px/1.45 -apple-system,Segoe UI,Helvetica,Arial,sans-serif;color:#1d2327"
_FAINT = "color:#50575e"
_CODE = "display:inline-block;min-width:1.6em;font-weight:bold"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item: what it says, whose it is, its code, further lines, and what somebody wrote."""

    sentence: str
    head: str = ""
    code: str = ""
    details: Sequence[str] = ()
    quoted: Sequence[str] = ()
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the digest: a title, a table of (what, count, money), and items. `loud`: in capitals as plain text."""

    title: str
    entries: Sequence[Entry] = ()
    table: Sequence[tuple[str, str, str]] = field(default_factory=list)
    loud: bool = False


def page(title: str, opening: Iterable[str], blocks: Iterable[Block]) -> str:
    """The whole document."""
    parts = [Markup("<p>{}</p>").format(line) for line in opening]
    for block in blocks:
        parts.append(Markup('<h2 style="font-size:17px;margin:22px 0 8px">{}</h2>').format(block.title))
        if block.table:
            parts.append(_table(block.table))
        parts += [_entry(entry) for entry in block.entries]
    return str(
        Markup(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{}</title></head>\n'
            '<body style="{}">\n{}\n</body></html>\n'
        ).format(title, _BODY, Markup("\n").join(parts))
    )


def _table(rows: Iterable[tuple[str, str, str]]) -> Markup:
    cell = Markup('<td style="padding:2px 14px 2px 0;vertical-align:top{}">{}</td>')
    made = [
        Markup("<tr>{}{}{}</tr>").format(
            cell.format("", what), cell.format(";text-align:right", amounts), cell.format("", count)
        )
        for what, count, amounts in rows
    ]
    return Markup('<table role="presentation" style="border-collapse:collapse">{}</table>').format(
        Markup("").join(made)
    )


def _entry(entry: Entry) -> Markup:
    edge = "#b32d2e" if entry.wrong else "#c3c4c7"
    code = Markup('<span style="{}">[{}]</span> ').format(_CODE, entry.code) if entry.code else Markup("")
    head = Markup("<strong>{}</strong><br>").format(entry.head) if entry.head else Markup("")
    quoted = (
        Markup(
            '<blockquote style="margin:6px 0;padding-left:10px;border-left:2px solid #c3c4c7">{}</blockquote>'
        ).format(Markup("<br>").join(entry.quoted))
        if entry.quoted
        else Markup("")
    )
    details = Markup("").join(Markup('<br><span style="{}">{}</span>').format(_FAINT, d) for d in entry.details)
    return Markup('<div style="margin:0 0 10px;padding-left:10px;border-left:3px solid {}">{}{}{}{}{}</div>').format(
        edge, code, head, entry.sentence, quoted, details
    )
