"""The Wording port: message models become subject, text and HTML, in the client's language."""

import html as html_escapes
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateError, TemplateNotFound, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from worker.core.message import Attachment, InvoiceLine, MessageModel, Rendered
from worker.core.money import Money
from worker.core.plain import one_line
from worker.errors import Problem
from worker.wording.blocks import Drawing, Grid, amounts, html_table, text_table
from worker.wording.figures import Figures, locale_of
from worker.wording.files import FALLBACK, PHRASES, WORDS, Folders, Source, WordingError, lineage
from worker.wording.grammar import FILTERS, MADE, SUBJECT, TOP, VISIBLE, Checker, fields_of
from worker.wording.markdown import DynamicLink, compile_markdown
from worker.wording.model import names_of, refuse_misfit
from worker.wording.typography import typeset

_LARGEST = 1024 * 1024
_MOST_LOOPS = 10_000
_LONGEST_SUBJECT = 200
_INCLUDE = re.compile(r"""\{%[-+]?\s*include\s+["'](_[a-z0-9-]+)["']\s*[-+]?%\}""")
_MANY_BREAKS = re.compile(r"\n{3,}")
_FIELDS = {kind: frozenset(fields_of(kind)) for kind in VISIBLE}


class Finished(str):
    """Text a block drew: not to be cleaned again."""

    __slots__ = ()


class Rows(tuple[object, ...]):
    """A tuple that counts every step through it, so that loops within loops end (S5)."""

    budget: list[int]

    def __iter__(self) -> Iterator[object]:
        for item in super().__iter__():
            self.budget[0] -= 1
            if self.budget[0] < 0:
                raise WordingError([Problem("wording", f"more than {_MOST_LOOPS} turns of a loop in one message")])
            yield item


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with nothing but the fields of visible types, three filters, and no way to call anything else."""

    def __init__(self, loader: BaseLoader | None = None, *, html: bool = False) -> None:
        finalize = _finalize_html if html else _finalize_text
        super().__init__(
            undefined=StrictUndefined, autoescape=html, finalize=finalize, loader=loader, keep_trailing_newline=True
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in sorted(FILTERS)}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002
        """Only the readable fields of visible types."""
        return attr in _FIELDS.get(type(obj), ())

    def is_safe_callable(self, obj: Any) -> bool:
        """Only the functions handed in."""
        return isinstance(obj, _Function)


class _Function:
    """A function of the wording language; nothing else can be called."""

    def __init__(self, run: Callable[..., str]) -> None:
        self._run = run

    def __call__(self, *values: Any, **named: Any) -> str:
        return self._run(*values, **named)


class _Loader(BaseLoader):
    """Gives Jinja the compiled form of a language's wording files."""

    def __init__(self, sources: Callable[[str], tuple[Source, str, str]], html: bool) -> None:
        self._sources, self._html = sources, html

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, html, text = self._sources(template)
        return (html if self._html else text), str(source.path), None


class _Language:
    """All wording of one language, compiled once."""

    def __init__(self, folders: Folders, code: str) -> None:
        self._folders, self.code = folders, code
        self.html = Sandbox(_Loader(self._compiled, True), html=True)
        self.text = Sandbox(_Loader(self._compiled, False))
        self._subjects: dict[str, tuple[Source, Template]] = {}
        self._bodies: dict[str, tuple[Source, str, str]] = {}
        self._parts = parts_of(folders, code)
        words = folders.words(code)
        if not words:
            raise WordingError([Problem(f"{code}/{WORDS}.md", "missing", "the headings of tables in this language")])
        self.words = {key: typeset(phrase, code) for key, phrase in words.items()}

    def _compiled(self, name: str) -> tuple[Source, str, str]:
        if name not in self._bodies:
            self._bodies[name] = self._read(name)
        return self._bodies[name]

    def _read(self, name: str) -> tuple[Source, str, str]:
        source = self._folders.find(self.code, name)
        if source is None:
            raise TemplateNotFound(name)
        problems = problems_of(source, self._parts)
        if problems:
            raise WordingError(problems)
        html, text = compile_markdown(self.text, source.body, self.code)
        # Parts are put in place here, once, which spares Jinja a new context for each of them in every message.
        html = _INCLUDE.sub(lambda match: self._compiled(match[1])[1], html)
        return source, html, _INCLUDE.sub(lambda match: self._compiled(match[1])[2], text)

    def has(self, name: str) -> bool:
        """Whether this language has that template."""
        return name in self._bodies or self._folders.find(self.code, name) is not None

    def subject(self, name: str) -> tuple[Source, Template]:
        """The template's file and the template of its subject line."""
        if name not in self._subjects:
            source, _, _ = self._compiled(name)
            self._subjects[name] = source, self.text.from_string(source.matter["subject"])
        return self._subjects[name]


@lru_cache(maxsize=16)
def _language(folders: tuple[Path, ...], code: str, stamp: Hashable) -> _Language:
    """Compiled once for as long as no file changes: a process that sweeps many organisations compiles it once."""
    return _Language(Folders(folders), code)


class Templates:
    """The Wording port over folders of templates, strongest first: a bookkeeper's own, then the shipped ones.

    `link_hosts` limits the hosts an invoice's link may point to (a host covers its subdomains); empty allows any https
    host. A message is written in the client's language; where that lacks it, in the organisation's (`default`), else in
    English: see `language_of`. Files are read once; make a new one to see changes.
    """

    def __init__(self, folders: Sequence[Path], link_hosts: Sequence[str] = (), default: str = FALLBACK) -> None:
        self._folders = Folders(folders)
        self._default = default
        self._hosts = frozenset(host.lower() for host in link_hosts)
        self._languages: dict[str, _Language] = {}

    def render(self, model: MessageModel) -> Rendered:
        """Raises WordingError (a ValueError) when the template and the model do not fit."""
        language = self._language(model.language, model.template)
        source, subject = language.subject(model.template)
        names = names_of(model, source.matter["stage"], language.words["accounts_team"])
        refuse_misfit(model, source.matter.get("needs", ""), names, source.place(1))
        figures = Figures(locale_of(language.code, model.country))
        drawing = Drawing(figures, language.words, self._hosts)
        names = _counted(names)
        line = _run(subject, source, {**names, "_figures": figures})
        if not line or len(line) > _LONGEST_SUBJECT:
            raise WordingError([Problem(source.place(1), f"a subject of {len(line)} characters", "1 to 200")])
        # Both parts draw the same tables: each is laid out once.
        grids: dict[tuple[int, bool], Grid] = {}
        text = _run(language.text.get_template(source.name), source, _context(names, drawing, grids, html=False))
        html = _run(language.html.get_template(source.name), source, _context(names, drawing, grids, html=True))
        return Rendered(one_line(line), _tidy(text), _page(html, language.code, line))

    def attachments(self, model: MessageModel) -> tuple[Attachment, ...]:
        """The statement of account, when the message carries one. Raises WordingError when it cannot be drawn."""
        if model.statement is None:
            return ()
        from worker.wording.statement import statement_pdf

        language = self._language(model.language, model.template)
        figures = Figures(locale_of(language.code, model.country))
        content = statement_pdf(model, model.statement, language.words, figures)
        return (Attachment(f"statement-{model.statement.on.isoformat()}.pdf", content),)

    def language_of(self, code: str, template: str) -> str:
        """The language that message will really be written in for a client of language `code`.

        Raises WordingError when no language has it.
        """
        return self._language(code, template).code

    def worded_in(self, code: str, templates: Iterable[str]) -> dict[str, str]:
        """For each of these messages, the language of the file a client of language `code` gets ("": nobody has it)."""
        found = {}
        for template in templates:
            sources = (self._folders.find(each, template) for each in (code, self._default, FALLBACK))
            source = next((each for each in sources if each), None)
            found[template] = source.language if source else ""
        return found

    def _language(self, code: str, template: str) -> _Language:
        for each in dict.fromkeys((code, self._default, FALLBACK)):
            language = self._languages.get(each)
            if language is None and self._folders.find(each, template):
                language = self._languages[each] = _language(self._folders.folders, each, self._folders.stamp())
            if language is not None and language.has(template):
                return language
        tried = " or ".join(dict.fromkeys(map(repr, (code, self._default, FALLBACK))))
        found = f"there is no template {template!r} in {tried}"
        raise WordingError([Problem("wording", found, f"a file {code}/{template}.md in a wording folder")])


def parts_of(folders: Folders, language: str) -> frozenset[str]:
    """The parts this language's templates may include; parts themselves include none."""
    codes = lineage(language)
    return frozenset(n for code, n, _ in folders.all() if code in codes and n.startswith("_") and n not in PHRASES)


def problems_of(source: Source, parts: frozenset[str]) -> list[Problem]:
    """Everything wrong with one file: syntax, names, functions, parts, links, subject."""
    environment = Sandbox()
    parts = frozenset() if source.is_part else parts  # a part that includes parts could include itself
    problems = Checker(source.body_line, str(source.path), parts).check(environment, source.body)
    if "subject" in source.matter:
        line = source.matter_lines["subject"]
        problems += Checker(line, str(source.path), parts).check(environment, source.matter["subject"], SUBJECT)
    for need in source.matter.get("needs", "").replace(",", " ").split():
        if need not in TOP:
            problems.append(Problem(source.place(source.matter_lines["needs"]), f"unknown name {need!r} in needs"))
    if not problems:
        try:
            compile_markdown(environment, source.body, source.language)
        except DynamicLink:
            found, todo = "a link with a filled-in address", "{{ table(overdue) }} brings the links of its invoices"
            problems.append(Problem(source.place(source.body_line), found, "a written-out https address", todo))
    return problems


def _counted(names: dict[str, object]) -> dict[str, object]:
    budget = [_MOST_LOOPS]
    out: dict[str, object] = {}
    for name, value in names.items():
        if isinstance(value, tuple):
            rows = Rows(value)
            rows.budget = budget
            out[name] = rows
        else:
            out[name] = value
    assert MADE.keys() <= out.keys()
    return out


def _context(
    names: dict[str, object], drawing: Drawing, grids: dict[tuple[int, bool], Grid], *, html: bool
) -> dict[str, object]:
    def table(lines: Sequence[object], late: bool = False) -> str:
        key = (id(lines), late)
        grid = grids.get(key) or grids.setdefault(key, drawing.grid(lines, late))
        return Markup(html_table(grid, drawing.words["view"])) if html else Finished(text_table(grid))  # noqa: S704

    def bullets(items: Sequence[object]) -> str:
        lines = [_said(drawing.figures, item) for item in items]
        if html:
            inner = "".join(f"<li>{html_escapes.escape(line)}</li>" for line in lines)
            return Markup(f'<ul style="margin:0 0 14px;padding-left:20px">{inner}</ul>')  # noqa: S704
        return Finished("\n".join(f"- {line}" for line in lines) + "\n\n")

    def numbers(lines: Sequence[InvoiceLine]) -> str:
        return drawing.figures.listed([one_line(line.number) for line in lines])

    def plural(lines: Sequence[object], one: str, other: str, **forms: str) -> str:
        form = drawing.figures.plural_form(len(lines))
        return forms.get(form) or (one if form == "one" else other)

    def first_due(lines: Sequence[InvoiceLine]) -> str:
        days = [line.due for line in lines if line.due]
        return drawing.figures.day(min(days)) if days else ""

    functions: dict[str, Callable[..., str]] = {
        "table": table,
        "bullets": bullets,
        "numbers": numbers,
        "plural": plural,
        "first_due": first_due,
    }
    wrapped = {name: _Function(function) for name, function in functions.items()}
    return {**names, **wrapped, "_figures": drawing.figures}


def _said(figures: Figures, value: object) -> str:
    """A value in words. Raises ValueError for what has none: an empty date is never printed as *None*."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Money):
        return figures.money(value)
    if isinstance(value, date):
        return figures.day(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, tuple):
        if all(isinstance(each, Money) for each in value):
            return amounts(figures, [each for each in value if isinstance(each, Money)])
        return figures.listed([_said(figures, each) for each in value])
    raise ValueError(f"a value of the model is missing ({type(value).__name__}); put it inside {{% if ... %}}")


@pass_context
def _finalize_text(context: Context, value: object) -> object:
    if isinstance(value, Finished):
        return value
    return _said(context["_figures"], value)


@pass_context
def _finalize_html(context: Context, value: object) -> object:
    # Markup comes only from our own blocks: no filter or function of the wording language makes it out of data.
    return value if isinstance(value, Markup) else _said(context["_figures"], value)


def _run(template: Template, source: Source, context: dict[str, object]) -> str:
    out: list[str] = []
    size = 0
    try:
        for piece in template.generate(context):
            size += len(piece)
            if size > _LARGEST:
                raise WordingError([Problem(str(source.path), "the message would be larger than 1 MB")])
            out.append(piece)
    except WordingError:
        raise
    except (TemplateError, ValueError, TypeError, AttributeError) as error:
        raise WordingError([Problem(str(source.path), str(error))]) from error
    return "".join(out)


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _MANY_BREAKS.sub("\n\n", lines).strip("\n") + "\n"


def _page(body: str, language: str, subject: str) -> str:
    style = "font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#222;max-width:640px"
    title = html_escapes.escape(subject)
    head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
    inner = _MANY_BREAKS.sub("\n\n", body).strip("\n")
    return f'<!DOCTYPE html>\n<html lang="{language}">\n{head}\n<body style="{style}">\n{inner}\n</body>\n</html>\n'
