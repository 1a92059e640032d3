"""Hypothesis strategies for message models: consistent ones, as the decision core would make them."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from worker.core.message import ClientTotal, InstalmentDue, InvoiceLine, MessageModel, ReceivedLine
from worker.core.money import Money, totals
from worker.core.settings import Signature

TEMPLATES = (
    *("heads-up", "nudge", "missed-run", "ask", "firm", "offer-plan", "final-notice"),
    *("welcome", "statement", "instalment", "collection-failed"),
    *("thank-you", "thank-you-part"),
)
CHASING = TEMPLATES[:11]
TODAY = date(2026, 3, 16)
CURRENCIES = ("GBP", "EUR", "USD", "JPY", "KWD")
_WORDS = st.sampled_from(
    ["Website care", "Design of the spring brochure", "Scaffolding, north side", "Advice in March", ""]
)
_NAMES = st.sampled_from(["Fern & Co", "Harbour Joinery Ltd", "Ōmura Foods", "Müller GmbH", "Northside Clinic"])


@st.composite
def money(draw: st.DrawFn, currency: str, largest: int = 9_999_999) -> Money:
    """A positive amount in whole minor units."""
    return Money(Decimal(draw(st.integers(1, largest))).scaleb(-{"JPY": 0, "KWD": 3}.get(currency, 2)), currency)


@st.composite
def invoice_lines(
    draw: st.DrawFn, prefix: str, *, overdue: bool, currencies: tuple[str, ...], most: int = 4
) -> tuple[InvoiceLine, ...]:
    """One to `most` invoices with distinct numbers."""
    lines = []
    for n in range(draw(st.integers(1, most))):
        currency = draw(st.sampled_from(currencies))
        total = draw(money(currency))
        part = draw(st.booleans()) and total.amount > Decimal(100)
        late = draw(st.integers(1, 200)) if overdue else 0
        due = TODAY - timedelta(late) if overdue else TODAY + timedelta(draw(st.integers(0, 60)))
        lines.append(
            InvoiceLine(
                number=f"{prefix}-{n + 101}",
                reference=draw(st.sampled_from(["", "PO 4471", "order 9/12"])),
                issued=due - timedelta(30),
                due=due,
                work=draw(_WORDS),
                open=Money(total.amount - 1, currency) if part else total,
                total=total,
                part_paid=part,
                days_late=late,
                url=draw(st.sampled_from(["", f"https://pay.example.com/{prefix}{n}"])),
                client_name=draw(_NAMES),
                invoice_id=f"{prefix}{n}",
            )
        )
    return tuple(lines)


def summed(lines: tuple[InvoiceLine, ...]) -> tuple[Money, ...]:
    """One total per currency."""
    return tuple(Money(amount, currency) for currency, amount in totals(line.open for line in lines).items())


@st.composite
def models(draw: st.DrawFn, template: str | None = None) -> MessageModel:
    """A model that fits its template."""
    template = template or draw(st.sampled_from(TEMPLATES))
    currencies = tuple(draw(st.lists(st.sampled_from(CURRENCIES), min_size=1, max_size=2, unique=True)))
    base = {
        "template": template,
        "language": "en",
        "organisation": draw(st.sampled_from(["Larch Studio", "Bell & Sons", "O'Neill Roofing"])),
        "payer": draw(_NAMES),
        "greeting": draw(st.sampled_from(["Priya", "Jo Marsh", ""])),
        "signature": Signature("Ada Cole", "ada@example.com", draw(st.sampled_from(["", "020 7946 0018"])), "Accounts"),
        "country": draw(st.sampled_from(["", "GB", "US", "DE", "AU"])),
        "ways_to_pay": draw(
            st.sampled_from(
                [
                    ("Bank transfer to the account on the invoice",),
                    ("By card: open the invoice and choose Pay", "By cheque to our office"),
                ]
            )
        ),
    }
    if template in CHASING:
        return draw(_chasing(base, template, currencies))
    return draw(_thanks(base, template, currencies))


@st.composite
def _chasing(draw: st.DrawFn, base: dict, template: str, currencies: tuple[str, ...]) -> MessageModel:
    before = template in ("heads-up", "welcome")
    coming = draw(invoice_lines("C", overdue=False, currencies=currencies)) if before or draw(st.booleans()) else ()
    overdue = draw(invoice_lines("L", overdue=True, currencies=currencies)) if not before or draw(st.booleans()) else ()
    final = template in ("final-notice", "instalment", "collection-failed")  # those that ask for a part of what is open
    demanded = overdue[:1] if final else ()
    counted = demanded or (*coming, *overdue)
    gross = summed(counted)
    credit, net = (), gross
    if draw(st.booleans()) and gross[0].amount > 10:
        credit = (Money(Decimal(5), gross[0].currency),)
        net = (gross[0] - credit[0], *gross[1:])
    instalments = ()
    if template == "offer-plan":
        halves = [(Money(each.amount - 1, each.currency), Money(Decimal(1), each.currency)) for each in net]
        days = (TODAY + timedelta(20), TODAY + timedelta(50))
        instalments = tuple((day, part) for pair in halves for day, part in zip(days, pair, strict=True))
    run = draw(st.booleans()) or template == "missed-run"
    names = sorted({line.client_name for line in counted})
    subtotals = tuple(
        ClientTotal(name, total)
        for name in names
        for total in summed(tuple(x for x in counted if x.client_name == name))
    )
    return MessageModel(
        **base,
        coming=coming,
        overdue=() if final else overdue,
        demanded=demanded,
        also_open=(*overdue[1:],) if final else (),
        not_included=draw(st.just(()) | invoice_lines("D", overdue=True, currencies=currencies, most=2)),
        subtotals=subtotals if len(names) > 1 else (),
        gross=gross,
        credit=credit,
        net=net,
        terms_text=draw(st.sampled_from(["", "30 days from the date of the invoice."])),
        run_date=TODAY - timedelta(5) if run and not before else (TODAY + timedelta(5) if run else None),
        next_run=TODAY + timedelta(25) if run and draw(st.booleans()) else None,
        cut_off=TODAY + timedelta(3) if run and draw(st.booleans()) else None,
        deadline=TODAY + timedelta(14) if template != "firm" or draw(st.booleans()) else None,
        promised=draw(st.sampled_from([None, TODAY - timedelta(4)]))
        if not before and template in CHASING[:7]
        else None,
        earlier=draw(st.sampled_from([(), (TODAY - timedelta(30),), (TODAY - timedelta(30), TODAY - timedelta(12))])),
        next_action="We will pass the matter to our solicitor." if template == "final-notice" else "",
        instalment=draw(_instalments(net[0].currency)) if template == "instalment" else None,
        collected_by="direct debit" if template == "collection-failed" else "",
        collected_on=TODAY - timedelta(11) if template == "collection-failed" else None,
        instalments=instalments,
        thanks_first=draw(st.none() | _thanks({**base, "template": "thank-you"}, "thank-you", currencies)),
    )


@st.composite
def _instalments(draw: st.DrawFn, currency: str) -> InstalmentDue:
    count = draw(st.integers(2, 6))
    number = draw(st.integers(1, count))
    remains = Money(Decimal(0), currency) if number == count else draw(money(currency))
    return InstalmentDue(number, count, TODAY - timedelta(4), draw(money(currency)), remains)


@st.composite
def _thanks(draw: st.DrawFn, base: dict, template: str, currencies: tuple[str, ...]) -> MessageModel:
    currency = currencies[0]
    lines = []
    for n in range(draw(st.integers(1, 3))):
        part = template == "thank-you-part" and (n == 0 or draw(st.booleans()))
        remains = draw(money(currency)) if part else Money(Decimal(0), currency)
        due = draw(st.none() | st.just(TODAY + timedelta(9))) if part else None
        lines.append(
            ReceivedLine(f"P-{n + 101}", draw(st.sampled_from(["", "PO 88"])), draw(money(currency)), remains, due)
        )
    received = tuple(Money(a, c) for c, a in totals(line.paid for line in lines).items())
    return MessageModel(
        **base,
        received=received,
        received_on=TODAY - timedelta(3),
        paid_lines=tuple(lines),
        nothing_else_due=template == "thank-you" and draw(st.booleans()),
        first_ever=draw(st.booleans()),
    )
