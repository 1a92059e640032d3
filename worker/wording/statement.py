"""A statement of account as PDF (fpdf2), in the reader's language, exact to the last digit the books have."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from worker.core.account_values import Statement, StatementLine, StatementPart
from worker.core.message import MessageModel
from worker.core.plain import one_line
from worker.errors import Problem
from worker.wording.figures import Figures
from worker.wording.files import WordingError

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = "Manrope"
_SIZE, _SMALL, _LARGE = 9, 8, 16
_WIDTHS = (26, 26, 20, 20, 26, 26, 28)
_ALIGN = ("LEFT", "LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT")

Cells = tuple[str, ...]


def statement_pdf(model: MessageModel, statement: Statement, words: Mapping[str, str], figures: Figures) -> bytes:
    """The PDF. Raises WordingError for a letter the font cannot draw: none is left out or replaced."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.combine(statement.on, time(), UTC))
    pdf.set_title(f"{words['statement']} - {_plain(model.payer)}")
    pdf.set_lang(model.language)
    for style, name in (("", "Manrope-Regular"), ("B", "Manrope-Bold")):
        pdf.add_font(_FONT, style, _font_folder() / f"{name}.ttf")
    pdf.set_auto_page_break(True, 18)
    pdf.add_page()
    for text, size, style in (
        (model.organisation, _SIZE, ""),
        (words["statement"], _LARGE, "B"),
        (model.payer, _SIZE, "B"),
        (words["statement_on"].replace("{date}", figures.day(statement.on)), _SIZE, ""),
    ):
        _write(pdf, _drawable(text), size, style)
    for part in statement.parts:
        pdf.ln(5)
        _draw(pdf, list(_rows(part, words, figures)), tuple(_drawable(each) for each in _heads(words)))
    return bytes(pdf.output())


def _write(pdf: "FPDF", text: str, size: int, style: str) -> None:
    pdf.set_font(_FONT, style, size)
    pdf.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT", align="L")


def _heads(words: Mapping[str, str]) -> Cells:
    names = ("number", "reference", "issued", "due", "statement_amount", "paid", "statement_open")
    return tuple(words[name] for name in names)


def _rows(part: StatementPart, words: Mapping[str, str], figures: Figures) -> Iterator[tuple[Cells, bool]]:
    """(cells, bold) of each row."""
    several = len({line.client_name for line in part.lines}) > 1
    client = None
    for line in sorted(part.lines, key=lambda line: line.client_name) if several else part.lines:
        if several and line.client_name != client:
            client = line.client_name
            yield (client, *[""] * 6), True
        yield from _invoice(line, words, figures)
    yield (words["statement_total"], *[""] * 5, figures.money(part.open)), True
    for number, issued, amount in part.credits:
        shown = figures.short_day(issued) if issued else ""
        yield (words["statement_credit"], number, shown, "", "", "", figures.money(-amount)), False
    yield (words["statement_balance"], *[""] * 5, figures.money(part.balance)), True


def _invoice(line: StatementLine, words: Mapping[str, str], figures: Figures) -> Iterator[tuple[Cells, bool]]:
    days = [figures.short_day(day) if day else "" for day in (line.issued, line.due)]
    yield (line.number, line.reference, *days, figures.money(line.total), "", figures.money(line.open)), False
    for day, amount in line.paid:
        yield ("", "", figures.short_day(day), "", "", figures.money(amount), ""), False
    if line.credited.amount:
        yield ("", words["statement_credited"], "", "", "", figures.money(line.credited), ""), False


def _draw(pdf: "FPDF", rows: list[tuple[Cells, bool]], heads: Cells) -> None:
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    pdf.set_font(_FONT, "", _SMALL)
    layout = TableBordersLayout.SINGLE_TOP_LINE
    bold = FontFace(emphasis="BOLD")
    with pdf.table(
        col_widths=_WIDTHS, text_align=_ALIGN, borders_layout=layout, headings_style=bold, line_height=_SMALL * 0.6
    ) as table:
        table.row([*heads])
        for cells, strong in rows:
            table.row([_drawable(cell) for cell in cells], style=bold if strong else None)


@lru_cache(maxsize=1)
def _font_folder() -> Path:
    import font_manrope  # type: ignore[import-untyped]

    return Path(font_manrope.__file__).parent / "files"


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """What both weights can draw."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    regular, strong = (TTFont(_font_folder() / f"Manrope-{name}.ttf").getBestCmap() for name in ("Regular", "Bold"))
    return frozenset(regular) & frozenset(strong)


def _plain(text: str) -> str:
    return one_line(text).replace("\u202f", "\u00a0")


def _drawable(text: str) -> str:
    """The text as one line. Narrow no-break spaces, which the font lacks, become ordinary no-break ones."""
    shown = "\u00a0".join(map(one_line, text.replace("\u202f", "\u00a0").split("\u00a0")))
    strange = sorted({letter for letter in shown if ord(letter) not in _letters()})
    if strange:
        found = f"the statement of account cannot write {', '.join(strange[:5])} (in {one_line(text)[:60]!r})"
        todo = "leave `attach: statement` out for this client, or correct the name in the books"
        raise WordingError([Problem("statement", found, "Latin, Greek or Cyrillic letters", todo)])
    return shown
