"""The names a template sees: the message model's fields, and the few made from them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from worker.core.message import InvoiceLine, MessageModel
from worker.core.money import Money, totals
from worker.core.plain import one_line
from worker.errors import Problem
from worker.wording.files import WordingError
from worker.wording.grammar import MADE, fields_of

_SIGNED = ("name", "email", "phone", "title")
MODEL_FIELDS = tuple(fields_of(MessageModel))


def names_of(model: MessageModel, stage: str, accounts_team: str) -> dict[str, object]:
    """Every name of `worker.wording.grammar.TOP` with its value for this model.

    `asked`: what the message asks for (demanded, else overdue); `others`: what is open besides; `remaining`: receipt
    lines on which something is still open; `credit` without currencies that have none. `accounts_team` is the
    greeting of a client without a person, with {payer} in it.
    """
    # Blank text is as good as none, also where a template asks whether there is any.
    names: dict[str, object] = {name: _cleaned(getattr(model, name)) for name in MODEL_FIELDS}
    signed: dict[str, Any] = {part: one_line(getattr(model.signature, part)) for part in _SIGNED}
    names["signature"] = replace(model.signature, **signed)
    names["greeting"] = one_line(model.greeting) or accounts_team.replace("{payer}", model.payer)
    names["credit"] = tuple(money for money in model.credit if money.amount)
    names["asked"] = asked = model.demanded or model.overdue
    names["others"] = _besides(asked, (*model.also_open, *model.overdue, *model.coming))
    names["remaining"] = tuple(line for line in model.paid_lines if line.remains.amount > 0)
    names["statement_attached"] = model.statement is not None
    names["plan_continues"] = model.instalment is not None and model.instalment.remains.amount > 0
    if stage == "before due":
        names["coming"] = model.coming or _besides(model.overdue, model.demanded)
    elif stage != "statement" and not model.overdue:
        names["overdue"] = _besides(model.coming, model.demanded)
    if model.thanks_first is not None:
        names["thanks_first"] = model.thanks_first
    missing = MADE.keys() - names.keys()
    assert not missing, missing
    return names


def _cleaned(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _besides(shown: Sequence[InvoiceLine], lines: Sequence[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """The lines not among those shown already, each once."""
    seen = {(line.invoice_id, line.number, line.client_name) for line in shown}
    out = []
    for line in lines:
        key = (line.invoice_id, line.number, line.client_name)
        if key not in seen:
            seen.add(key)
            out.append(line)
    return tuple(out)


def refuse_misfit(model: MessageModel, needs: str, names: Mapping[str, object], place: str) -> None:
    """Raise WordingError when a name the template needs is empty, or an instalment plan is not the net, exactly."""
    problems = []
    for need in needs.replace(",", " ").split():
        if not names.get(need):
            found = f"{model.template} needs {need}, and this message has none"
            problems.append(Problem(place, found, todo="correct the policy or the settings, or take it out of needs:"))
    if model.instalments and not _adds_up([money for _, money in model.instalments], model.net):
        instalments = ", ".join(str(money) for _, money in model.instalments)
        net = ", ".join(map(str, model.net))
        problems.append(Problem(place, f"the instalments ({instalments}) do not add up to the net ({net})"))
    if problems:
        raise WordingError(problems)


def _adds_up(parts: Sequence[Money], whole: Sequence[Money]) -> bool:
    return _nonzero(totals(parts)) == _nonzero(totals(whole))


def _nonzero(sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {currency: amount for currency, amount in sums.items() if amount}
