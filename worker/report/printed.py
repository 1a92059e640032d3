"""Pages made to be printed: plain, black on white, with nothing fetched from anywhere."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body { font: 11pt/1.45 Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em;
  color: #000; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 1em 0; font-size: 10pt }
th, td { text-align: left; vertical-align: top; padding: .25em .6em .25em 0; border-bottom: 1px solid #999 }
td.number, th.number { text-align: right; white-space: nowrap }
code { font-size: 8pt; overflow-wrap: anywhere }
.note { border: 1px solid #000; padding: .5em 1em }
@media print { body { margin: 0; max-width: none } .note { display: none } thead { display: table-header-group } }
"""


def page(title: str, parts: Iterable[str], language: str = "en") -> str:
    """A whole HTML page; `parts` are HTML already."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="{escape(language)}"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def text(words: str) -> str:
    """A paragraph of plain text; its lines stay lines."""
    return f"<p>{'<br>'.join(escape(line) for line in words.splitlines())}</p>"


def heading(words: str, level: int = 1) -> str:
    """A heading."""
    return f"<h{level}>{escape(words)}</h{level}>"


def listing(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[str] = ()) -> str:
    """A table of plain texts; columns in `numbers` are aligned right."""
    kinds = [' class="number"' if c in numbers else "" for c in columns]
    head = "".join(f'<th scope="col"{k}>{escape(c)}</th>' for c, k in zip(columns, kinds, strict=True))
    lines = [
        "<tr>" + "".join(f"<td{k}>{escape(cell)}</td>" for cell, k in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
