"""What a template may say: a small part of Jinja over the names of the message model, checked before anything is sent.

Templates are trusted words, data is not: anything that could run data as a template, or reach beyond the model, is no
part of this grammar, so the sandbox behind it is only the second wall.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Mapping

from jinja2 import Environment, TemplateSyntaxError, nodes

from worker.core.message import (
    ClientTotal,
    EarlyPayment,
    InstalmentDue,
    InterestFigure,
    InvoiceLine,
    MessageModel,
    ReceivedLine,
)
from worker.core.settings import Signature
from worker.errors import Problem

Kind = object
"""The type of a name, as the checker sees it: a Python type, or a `tuple[X, ...]`."""

LINES = tuple[InvoiceLine, ...]
MADE: Mapping[str, Kind] = {
    "statement_attached": bool,
    "asked": LINES,
    "others": LINES,
    "remaining": tuple[ReceivedLine, ...],
    "plan_continues": bool,
}
"""Names wording makes beside the model's own: see `worker.wording.model`."""

FUNCTIONS: Mapping[str, tuple[int, Kind]] = {
    "table": (1, str),
    "bullets": (1, str),
    "plural": (3, str),
    "first_due": (1, str),
    "numbers": (1, str),
}
KEYWORDS: Mapping[str, frozenset[str]] = {
    "table": frozenset({"late"}),
    "plural": frozenset({"zero", "two", "few", "many"}),
}
"""What may be named in a call; for `plural`, the forms beside *one* and *other* that some languages have."""
BLOCK_FUNCTIONS = frozenset({"table", "bullets"})
FILTERS = frozenset({"length", "first", "last"})
VISIBLE = (
    *(MessageModel, InvoiceLine, ClientTotal, ReceivedLine, Signature),
    *(InstalmentDue, EarlyPayment, InterestFigure),
)
"""The only types whose fields a template may read."""

_HIDDEN = frozenset({"template", "language", "invoice_id", "statement"})
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const, nodes.If, nodes.For),
    *(nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Call),
    *(nodes.Keyword, nodes.Include),
)


def fields_of(kind: type) -> dict[str, Kind]:
    """The readable fields of a visible type, with their types."""
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind) if f.name not in _HIDDEN}


TOP: Mapping[str, Kind] = {**fields_of(MessageModel), **MADE}
SUBJECT: Mapping[str, Kind] = {"organisation": str}
"""No amounts, no payer's name and nothing that changes between steps: a subject is read over shoulders."""


@dataclasses.dataclass(slots=True)
class Checker:
    """Walks one template. `place` turns a line of the template's own text into "file:line"."""

    offset: int
    path: str
    parts: frozenset[str]
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def check(self, environment: Environment, text: str, names: Mapping[str, Kind] = TOP) -> list[Problem]:
        """Every problem in `text`, whose first line is line `offset` of the file."""
        try:
            tree = environment.parse(text)
        except TemplateSyntaxError as error:
            self._problem(error.lineno, error.message or "not readable", todo="look for an unclosed {{ or {%")
            return self.problems
        self._block(tree, dict(names))
        return self.problems

    def _problem(self, line: int, found: str, expected: str = "", todo: str = "") -> None:
        problem = Problem(f"{self.path}:{line + self.offset - 1}", found, expected, todo)
        if problem not in self.problems:
            self.problems.append(problem)

    def _block(self, node: nodes.Node, scope: dict[str, Kind]) -> None:
        if not isinstance(node, _ALLOWED):
            allowed = "{{ a value }}, {% if %}, {% for %} or {% include %}"
            self._problem(node.lineno, f"{type(node).__name__.lower()} is not part of the wording language", allowed)
        elif isinstance(node, nodes.For):
            self._for(node, scope)
        elif isinstance(node, nodes.Include):
            self._include(node)
        elif isinstance(node, nodes.Expr):
            self.kind(node, scope)
        else:
            for child in node.iter_child_nodes():
                self._block(child, scope)

    def _for(self, node: nodes.For, scope: dict[str, Kind]) -> None:
        kind = self.kind(node.iter, scope)
        if node.test is not None or node.recursive or not isinstance(node.target, nodes.Name):
            self._problem(
                node.lineno, "this kind of loop is not part of the wording language", "{% for line in lines %}"
            )
            return
        inner = {**scope, node.target.name: _element(kind)}
        for child in (*node.body, *node.else_):
            self._block(child, inner)

    def _include(self, node: nodes.Include) -> None:
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        if name not in self.parts:
            known = ", ".join(sorted(self.parts)) or "(there are none)"
            self._problem(node.lineno, f"there is no part {name!r} to include", f"one of {known}")

    def kind(self, node: nodes.Node, scope: Mapping[str, Kind]) -> Kind:
        """The type of an expression; `object` when it does not matter."""
        if not isinstance(node, _ALLOWED):
            what = type(node).__name__.lower()
            self._problem(
                node.lineno, f"{what} is not part of the wording language", "a name such as {{ organisation }}"
            )
            return object
        if isinstance(node, nodes.Name):
            return self._name(node, scope)
        if isinstance(node, nodes.Getattr):
            return self._attribute(node, self.kind(node.node, scope))
        if isinstance(node, nodes.Filter):
            return self._filter(node, scope)
        if isinstance(node, nodes.Call):
            return self._call(node, scope)
        for child in node.iter_child_nodes():
            self.kind(child, scope)
        return object

    def _name(self, node: nodes.Name, scope: Mapping[str, Kind]) -> Kind:
        if node.name in scope:
            return scope[node.name]
        self._problem(node.lineno, f"unknown name {node.name!r}", _nearest(node.name, scope))
        return object

    def _attribute(self, node: nodes.Getattr, owner: Kind) -> Kind:
        owner = _plain(owner)
        if owner is object:
            return object
        known = fields_of(owner) if isinstance(owner, type) and owner in VISIBLE else {}
        if node.attr in known:
            return known[node.attr]
        self._problem(node.lineno, f"unknown name {node.attr!r} after the dot", _nearest(node.attr, known))
        return object

    def _filter(self, node: nodes.Filter, scope: Mapping[str, Kind]) -> Kind:
        kind = self.kind(node.node, scope) if node.node is not None else object
        if node.name not in FILTERS or node.args or node.kwargs:
            self._problem(node.lineno, f"unknown filter {node.name!r}", "one of " + ", ".join(sorted(FILTERS)))
            return object
        return int if node.name == "length" else _element(kind)

    def _call(self, node: nodes.Call, scope: Mapping[str, Kind]) -> Kind:
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name not in FUNCTIONS or node.dyn_args or node.dyn_kwargs:
            self._problem(node.lineno, f"unknown function {name!r}", "one of " + ", ".join(sorted(FUNCTIONS)))
            return object
        count, result = FUNCTIONS[name]
        keywords = [word.key for word in node.kwargs]
        allowed = KEYWORDS.get(name, frozenset())
        for unknown in sorted(set(keywords) - allowed):
            expected = "one of " + ", ".join(sorted(allowed)) if allowed else ""
            self._problem(node.lineno, f"{name} takes no {unknown!r}", expected)
        if len(node.args) != count:
            self._problem(node.lineno, f"{name} takes {count} value{'s' if count > 1 else ''}, not {len(node.args)}")
        for argument in (*node.args, *(word.value for word in node.kwargs)):
            self.kind(argument, scope)
        return result


def _plain(kind: Kind) -> Kind:
    """X of an optional X."""
    if isinstance(kind, types.UnionType):
        options = [option for option in typing.get_args(kind) if option is not type(None)]
        return options[0] if len(options) == 1 else object
    return kind


def _element(kind: Kind) -> Kind:
    arguments = typing.get_args(kind) if typing.get_origin(kind) is tuple else ()
    return arguments[0] if len(arguments) == 2 and arguments[1] is Ellipsis else object


def _nearest(name: str, known: Mapping[str, Kind]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]!r}?" if close else "one of " + ", ".join(sorted(known))


def tags(environment: Environment, text: str) -> Iterator[tuple[str, str]]:
    """The text cut into ("text", words) and ("tag", `{{ ... }}` or `{% ... %}`) pieces; comments are left out."""
    piece, closing = "", ""
    for _, token, value in environment.lex(text):
        if token in ("variable_begin", "block_begin", "comment_begin"):
            piece, closing = value, token.replace("begin", "end")
        elif closing:
            piece += value
            if token == closing:
                if not closing.startswith("comment"):
                    yield "tag", piece
                piece, closing = "", ""
        else:
            yield "text", value
