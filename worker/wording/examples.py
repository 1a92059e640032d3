"""Invented messages to look at wording with: an ordinary one, a full one, and one whose data is as awkward as it gets.

Every template can be shown over all of them, a bookkeeper's own included: a model is made to fit the template's stage.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from worker.core.message import (
    ClientTotal,
    EarlyPayment,
    InstalmentDue,
    InterestFigure,
    InvoiceLine,
    MessageModel,
    ReceivedLine,
)
from worker.core.money import Money, totals
from worker.core.settings import Signature

CASES: Mapping[str, str] = {
    "plain": "one invoice, nobody's name known",
    "full": "several clients and currencies, credit, part payments, a dispute, earlier contact",
    "hard": "names with markup, quotes and other scripts, huge and tiny amounts, dates and words missing",
}
TODAY = date(2026, 3, 16)
_HOME = {"fr": "FR", "de": "DE", "es": "ES", "nl": "NL", "en": "GB"}
_CURRENCY = {"en": "GBP"}


def example(template: str, stage: str, language: str, case: str, country: str = "") -> MessageModel:
    """The model of one case for one template; `country` (ISO 3166) is where its reader lives ("": as the language)."""
    main, _, region = language.partition("-")
    currency = _CURRENCY.get(main, "EUR")
    model = MessageModel(
        template=template,
        language=language,
        organisation="Harbour Studio",
        payer="Fenwick Hall Estates",
        greeting="",
        signature=Signature("Robin Lark", "robin@example.com", "+44 20 7946 0018", "Harbour Studio, accounts"),
        ways_to_pay=("https://pay.example.com",) if case == "plain" else ("IBAN, SEPA", "PayPal, Visa, Mastercard"),
        country=country or region or _HOME.get(main, ""),
    )
    lines = {"plain": _plain, "full": _full, "hard": _hard}[case](currency)
    model = _chasing(model, stage, lines) if stage != "thanks" else _thanks(model, lines)
    return {"plain": _as_is, "full": _rich, "hard": _awkward}[case](model)


def _line(number: str, amount: str, currency: str, late: int) -> InvoiceLine:
    due = TODAY - timedelta(days=late)
    money = Money(Decimal(amount), currency)
    made = InvoiceLine(number, "PO 4471", due - timedelta(days=30), due, "", money, money, False, max(late, 0))
    return replace(made, client_name="Fenwick Hall Estates", invoice_id=number)


def _plain(currency: str) -> tuple[tuple[InvoiceLine, ...], tuple[InvoiceLine, ...]]:
    overdue = replace(_line("INV-1632", "1521.96", currency, 12), url="https://pay.example.com/1632")
    return (overdue,), (replace(overdue, number="INV-1650", invoice_id="c", due=TODAY + timedelta(9), days_late=0),)


def _full(currency: str) -> tuple[tuple[InvoiceLine, ...], tuple[InvoiceLine, ...]]:
    part = replace(_line("INV-1601", "400", currency, 44), total=Money(Decimal("1200.5"), currency), part_paid=True)
    other = replace(
        _line("INV-1602", "89.9", "USD", 15), client_name="Fenwick Farms", url="https://pay.example.com/1602"
    )
    (first,), (next_one,) = _plain(currency)
    return (part, other, first), (next_one, replace(next_one, number="INV-1651", invoice_id="d", client_name="Farms"))


def _hard(currency: str) -> tuple[tuple[InvoiceLine, ...], tuple[InvoiceLine, ...]]:
    work = "“Spring & summer” brochure: 3 × 12 pages <draft>, proofs, changes, print and delivery to Ōmura & fils"
    odd = replace(_line("№ 2026/0007 {{7*7}}", "9876543210.05", currency, 400), reference="=SUM(A1)", work=work)
    yen = replace(_line("שלום-17", "12", "JPY", 1), client_name='O\'Brien "Joinery" <script>', issued=None, due=None)
    dinar = replace(
        _line("I" * 60, "0.005", "KWD", 3), client_name="株式会社 尾村", reference="**bold** [x](http://e.example)"
    )
    return (odd, yen, dinar), (replace(odd, number="C-\u202e1", invoice_id="c", due=None, issued=None, days_late=0),)


def _chasing(
    model: MessageModel, stage: str, lines: tuple[tuple[InvoiceLine, ...], tuple[InvoiceLine, ...]]
) -> MessageModel:
    overdue, coming = lines
    final, before = stage == "final", stage == "before due"
    asked = coming if before else overdue[:1] if final else overdue
    gross = tuple(Money(value, code) for code, value in totals(each.open for each in asked).items())
    first = gross[0]
    return replace(
        model,
        coming=() if final else coming,
        overdue=() if final or before else overdue,
        demanded=asked if final else (),
        also_open=overdue[1:] if final else (),
        gross=gross,
        net=gross,
        deadline=TODAY + timedelta(14),
        run_date=TODAY + timedelta(days=11 if before else -3),
        next_run=TODAY + timedelta(25),
        cut_off=TODAY + timedelta(8),
        promised=TODAY - timedelta(4) if model.template == "promise-broken" else None,
        next_action="…" if final else "",
        instalments=_instalments(gross) if model.template == "offer-plan" else (),
        instalment=InstalmentDue(2, 3, TODAY - timedelta(4), first, first),
        collected_by="direct debit",
        collected_on=TODAY - timedelta(15),
    )


def _instalments(net: tuple[Money, ...]) -> tuple[tuple[date, Money], ...]:
    """A part in minor units now, the rest later; they add up."""
    found = []
    for total in net:
        first = Money(total.amount / 2, total.currency) if total.amount % 2 == 0 else total
        found.append((date(2026, 4, 30), first))
        if first != total:
            found.append((date(2026, 5, 29), total - first))
    return tuple(found)


def _thanks(model: MessageModel, lines: tuple[tuple[InvoiceLine, ...], tuple[InvoiceLine, ...]]) -> MessageModel:
    currency = lines[0][0].open.currency
    paid = [each for each in lines[0] if each.open.currency == currency]
    part = model.template.endswith("-part")
    nothing, some = Money(Decimal(0), currency), Money(Decimal("300"), currency)
    received = tuple(
        ReceivedLine(each.number, each.reference, each.open, some if part else nothing, TODAY + timedelta(9))
        for each in paid
    )
    total = tuple(Money(value, code) for code, value in totals(each.paid for each in received).items())
    return replace(
        model,
        received=total,
        received_on=date(2026, 3, 1),
        paid_lines=received,
        nothing_else_due=not part,
        first_ever=len(received) == 1,
    )


def _as_is(model: MessageModel) -> MessageModel:
    return model


def _rich(model: MessageModel) -> MessageModel:
    model = replace(model, greeting="Alex Morgan", earlier=(date(2026, 2, 3), date(2026, 3, 1)))
    model = replace(model, terms_text="…", why_it_matters="…")
    asked = model.demanded or model.overdue or model.coming
    if not asked:
        return model
    credit = Money(Decimal("25.5"), model.gross[0].currency)
    less = tuple(each - credit if each.currency == credit.currency else each for each in model.gross)
    names = sorted({each.client_name for each in asked})
    per_client = [(name, totals(each.open for each in asked if each.client_name == name)) for name in names]
    subtotals = tuple(ClientTotal(name, Money(v, c)) for name, sums in per_client for c, v in sums.items())
    dispute = _line("INV-1590", "75", credit.currency, 60)
    return replace(
        model,
        credit=(credit,),
        net=less,
        instalments=_instalments(less) if model.instalments else (),
        plan_fee=Money(Decimal(15), credit.currency) if model.instalments else None,
        subtotals=subtotals if len(names) > 1 else (),
        not_included=(dispute,),
        early_payment=(EarlyPayment(asked[0].number, TODAY + timedelta(5), credit, less[0]),),
        interest=(InterestFigure(asked[0].number, TODAY - timedelta(11), 12, credit, "…", credit),),
        thanks_first=replace(_thanks(replace(model, template="thank-you"), _plain(credit.currency)), demanded=()),
    )


def _awkward(model: MessageModel) -> MessageModel:
    return replace(
        model,
        payer="Société “L’Étoile” & Söhne <b>GmbH</b> {{ payer }} " + "x" * 80,
        greeting="" if model.template == "nudge" else "Zoë O’Neill-D’Arcy {% raw %}",
        organisation="Harbour & “Quay” <Studio>",
        ways_to_pay=("[Pay](javascript:alert(1))", "שלם כאן", "a | b | c"),
        run_date=model.run_date if model.template in ("missed-run", "heads-up") else None,
        next_run=None,
        cut_off=None,
    )
