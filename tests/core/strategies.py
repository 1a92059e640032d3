"""Hypothesis strategies: small but sharp books, settings and a quarter of events for one firm."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.core.build import CALENDAR, client, client_settings, considerate, credit, ladder, sent, settings, step
from tests.scenarios.simulate import Firm
from worker.core.history import Approval, MessageState, PastMessage
from worker.core.payment_run import RunSchedule, parse_pays
from worker.core.policy import (
    Condition,
    Measure,
    PlanOffer,
    Policy,
    QuietPeriod,
    Stage,
    Statements,
    Step,
    Test,
    Tolerance,
)
from worker.core.receivable import CreditKind, Invoice, InvoiceStatus
from worker.core.settings import (
    ClientSettings,
    Collection,
    DeliveredBy,
    Dispute,
    Hold,
    InstalmentPlan,
    OrganisationSettings,
    Promise,
)
from worker.core.when import Span, Unit
from worker.core.workdays import Calendar

START = date(2026, 3, 2)
QUARTER = 92
IDS = ("acme", "brown", "cole")
PAYS = ("", "last friday", "monday and thursday", "25th", "every other thursday from 2026-01-08")

SHARP = (Decimal("0.01"), Decimal("5.00"), Decimal("5.01"), Decimal("100.00"), Decimal("250.01"))


@st.composite
def amounts(draw: st.DrawFn) -> Decimal:
    """Mostly worth asking for; now and then on an edge."""
    cents = draw(st.integers(2_000, 900_000))
    return SHARP[cents % len(SHARP)] if draw(st.integers(0, 9)) == 9 else Decimal(cents).scaleb(-2)


def oddity(draw: st.DrawFn, *kinds: str) -> str:
    """One of these kinds of trouble, about once in five draws."""
    at = draw(st.integers(0, 5 * len(kinds) - 1))
    return kinds[at - 4 * len(kinds)] if at >= 4 * len(kinds) else ""


def arranged(policy: Policy) -> Policy:
    """With steps for a missed instalment and a failed collection."""
    agreed = (step("instalment", "2 business days after instalment"), step("failed", "on collection"))
    return replace(policy, steps=(*agreed, *policy.steps))


def statements(policy: Policy) -> Policy:
    """With a statement on the first business day of a month."""
    made = step("statement", "on statement", message="statement")
    return replace(
        policy, steps=(made, *policy.steps), statements=Statements(parse_pays("1st business day"), at_most=3)
    )


known_policies: st.SearchStrategy[Policy] = st.sampled_from(
    [
        considerate(),
        considerate(plans=PlanOffer()),
        ladder("5 days before due", "1 day after due", "7 days after previous", "7 days after previous"),
        ladder("3 days after due", "10 days after due", "20 days after due", gap=Span(0, Unit.DAY)),
        ladder("1 day after due", *["1 day after previous"] * 11, gap=Span(0, Unit.DAY)),
        arranged(considerate(again=Span(10, Unit.BUSINESS_DAY), per_month=4)),
        statements(ladder("1 day after due", "20 days after previous")),
        ladder("on due", "0 days after due", "1 business day after previous", tolerance=Tolerance(Decimal(0))),
    ]
)


_BEFORE = (
    ("5 days before due", None),
    ("2 business days before cut-off", "3 business days before due"),
    ("7 days after issued", None),
    ("on due", None),
)
_AFTER = (
    *("1 day after due", "4 business days after due", "on end of month of 5 days after due", "0 days after due"),
    *("7 days after previous", "1 business day after previous", "2 weeks after previous"),
    *("10 days after previous, not before 14 days after due", "5 days after previous, at latest 30 days after due"),
)
_BY_RUN = ("3 business days after payment run", "2 days after 2nd missed payment run")


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """One to three comparisons, all or any of them."""
    tests = st.sampled_from(
        [
            Test(Measure.BALANCE, ">", Decimal(250)),
            Test(Measure.BALANCE, "<=", Decimal(100), values=(("EUR", ">=", Decimal(40)),)),
            Test(Measure.OLDEST, ">=", Decimal(10)),
            Test(Measure.INVOICES, ">", Decimal(1)),
            Test(Measure.CURRENCY, "=", "eur"),
            Test(Measure.FIRST_INVOICE, "=", "yes"),
            Test(Measure.MISSED_RUNS, ">=", Decimal(1), last=3),
            Test(Measure.CLIENT_SINCE, "<", Decimal(60)),
            Test(Measure.PLANS, "=", "offered"),
        ]
    )
    return Condition(tuple(draw(st.lists(tests, min_size=1, max_size=3))), draw(st.booleans()))


@st.composite
def made_policies(draw: st.DrawFn) -> Policy:
    """A ladder nobody wrote: steps of every stage, with conditions, tasks, deadlines and approvals as they fall."""
    steps: list[Step] = []
    for n, (when, unknown) in enumerate(draw(st.lists(st.sampled_from(_BEFORE), max_size=2, unique=True))):
        more = {"when_unknown": unknown} if unknown else {}
        steps.append(step(f"early-{n}", when, stage=Stage.BEFORE, condition=_perhaps(draw), **more))
    first = draw(st.sampled_from(_AFTER[:4] + _BY_RUN))
    whens = [first, *draw(st.lists(st.sampled_from(_AFTER + _BY_RUN), max_size=4))]
    for n, when in enumerate(whens):
        person = n > 0 and draw(st.integers(0, 4)) == 0
        more = {"task": "phone"} if person else {"allow": draw(st.sampled_from([0, 0, 7])), "approval": _rarely(draw)}
        more |= {"when_unknown": "5 days after due"} if "run" in when else {}
        steps.append(step(f"late-{n}", when, stage=Stage.AFTER, condition=_perhaps(draw), **more))
    if draw(st.booleans()):
        final = draw(st.sampled_from(["7 days after previous", "20 days after due"]))
        steps.append(step("last", final, stage=Stage.FINAL, allow=14, approval=not _rarely(draw)))
    made = Policy(
        "made",
        tuple(steps),
        gap=draw(st.sampled_from([Span(0, Unit.DAY), Span(4, Unit.BUSINESS_DAY), Span(1, Unit.WEEK)])),
        tolerance=Tolerance(draw(st.sampled_from([Decimal(0), Decimal(5)])), amounts=(("EUR", Decimal(50)),)),
        patience=draw(st.sampled_from([0, 7])),
        plans=draw(st.sampled_from([None, PlanOffer()])),
        again=draw(st.sampled_from([None, Span(10, Unit.BUSINESS_DAY)])),
        per_month=draw(st.sampled_from([None, 2, 4])),
    )
    kinds = {"": made, "arranged": arranged(made), "statements": statements(made)}
    return kinds[draw(st.sampled_from(["", "", "arranged", "statements"]))]


def _perhaps(draw: st.DrawFn) -> Condition | None:
    return draw(conditions()) if draw(st.integers(0, 2)) == 0 else None


def _rarely(draw: st.DrawFn) -> bool:
    return draw(st.integers(0, 3)) == 0


policies: st.SearchStrategy[Policy] = st.one_of(known_policies, made_policies())


@st.composite
def invoices(draw: st.DrawFn, number: int, issued_by: date = START) -> Invoice:
    """Issued up to 90 days before `issued_by`, due within 45 days of that; mostly open, sometimes odd."""
    issued = issued_by - timedelta(days=draw(st.integers(0, 90)))
    due = issued + timedelta(days=draw(st.integers(0, 45)))
    total = draw(amounts())
    odd = oddity(draw, "half paid", "nearly paid", "paid", "no due date", "ancient", "never sent", "unknown", "po")
    part = {"half paid": total / 2, "nearly paid": total * Decimal("0.99"), "paid": total}.get(odd, Decimal(0))
    part = part.quantize(Decimal("0.01"))
    return Invoice(
        id=f"I{number:02}",
        client_id=draw(st.sampled_from([*IDS, "acme"])),
        number=f"N-{number:02}",
        currency=draw(st.sampled_from(["GBP", "GBP", "EUR"])),
        total=total,
        open=total - part,
        status=InvoiceStatus.OPEN if total > part else InvoiceStatus.PAID,
        issued=issued,
        due={"no due date": None, "ancient": date(1026, 1, 1)}.get(odd, due),
        paid=part,
        reference="PO 7" if odd == "po" else "",
        sent={"never sent": False, "unknown": None}.get(odd, True),
    )


@st.composite
def clients_settings(draw: st.DrawFn, id_: str) -> ClientSettings:
    """Any policy, a run that is stated, learnt or unknown, sometimes another payer or a special arrangement."""
    pays = draw(st.sampled_from(PAYS))
    schedule = RunSchedule(parse_pays(pays), calendar=CALENDAR) if pays else None
    special = oddity(draw, "po", "collects", "factored", "never", "posted")
    return replace(
        client_settings(id_, draw(policies)),
        schedule=schedule,
        run_stated=draw(st.booleans()) and schedule is not None,
        payer_id=draw(st.sampled_from([id_, id_, "acme"])) if id_ == "brown" else id_,
        needs_po=special == "po",
        collects=_collection(draw) if special == "collects" else None,
        factored=special == "factored",
        never_contact="a friend" if special == "never" else "",
        delivered_by=DeliveredBy.POST if special == "posted" else DeliveredBy.BOOKS,
    )


def _collection(draw: st.DrawFn) -> Collection:
    on = RunSchedule(parse_pays("5th"), calendar=CALENDAR)
    return Collection("card", "5th", draw(st.sampled_from([None, on])))


@st.composite
def organisations(draw: st.DrawFn) -> OrganisationSettings:
    """Three clients, a holiday, and perhaps a quiet fortnight."""
    quiet = QuietPeriod(START + timedelta(days=30), START + timedelta(days=43), "closed", draw(st.booleans()))
    return settings(
        *(draw(clients_settings(id_)) for id_ in IDS),
        calendar=Calendar(holidays={date(2026, 4, 3): "Good Friday"}),
        quiet=draw(st.sampled_from([(), (quiet,)])),
    )


@st.composite
def firms(draw: st.DrawFn) -> Firm:
    """A firm on its first day: books, credits, holds and disputes."""
    made = Firm(draw(organisations()), {id_: client(id_) for id_ in IDS}, today=START)
    made.clients["cole"] = replace(made.clients["cole"], owed_by_us=Decimal("50.00") if oddity(draw, "owed") else None)
    made.issue(*(draw(invoices(n)) for n in range(draw(st.integers(3, 9)))))
    for n in range(1 if oddity(draw, "credit") else 0):
        kind = draw(st.sampled_from(list(CreditKind)))
        made.credits[f"C{n}"] = credit(f"C{n}", str(draw(amounts())), kind, client_id=draw(st.sampled_from(IDS)))
    made.calls_made, made.approving = draw(st.booleans()), draw(st.booleans())
    return made


@dataclass(frozen=True)
class Happening:
    """One event of the quarter: what it does to the firm, and words for the failing example."""

    on: date
    what: str
    apply: Callable[[Firm], object]

    def __repr__(self) -> str:
        return f"{self.on}: {self.what}"


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    """Money, credit, holds, promises, disputes, bounces, new invoices... on some day of the quarter."""
    on = START + timedelta(days=draw(st.integers(0, QUARTER)))
    index = draw(st.integers(0, 9))
    share = draw(st.sampled_from([Decimal("0.5"), Decimal("0.99"), Decimal(1)]))
    client_id = draw(st.sampled_from(IDS))
    ahead = on + timedelta(days=draw(st.integers(0, 12)))
    fresh = draw(invoices(50 + index, on))

    def some(firm: Firm) -> Invoice | None:
        there = sorted(i.id for i in firm.invoices.values() if i.is_open)
        return firm.invoices[there[index % len(there)]] if there else None

    def plan(firm: Firm) -> None:
        item = some(firm)
        if item is None:
            return
        half = (item.open / 2).quantize(Decimal("0.01"))
        later = on + timedelta(days=7), on + timedelta(days=37)
        made = InstalmentPlan(f"p{on:%m%d}", item.client_id, (item.id,), item.currency, ())
        parts = tuple((d, a) for d, a in zip(later, (half, item.open - half), strict=True) if a > 0)
        firm.tell(plans=(replace(made, parts=parts),))

    def pay(firm: Firm) -> None:
        item = some(firm)
        part = (item.open * share).quantize(Decimal("0.01")) if item else Decimal(0)
        if item and part:
            firm.pay(item.id, str(part))

    def hold(firm: Firm) -> None:
        item = some(firm)
        firm.tell(holds=(Hold(client_id, "asked", ahead, item.id if item and index % 2 else ""),))

    def dispute(firm: Firm) -> None:
        item = some(firm)
        if item:
            firm.tell(disputes=(Dispute(item.client_id, "wrong", (item.id,) if index % 3 else ()),))

    def reopen(firm: Firm) -> None:
        gone = sorted(i.id for i in firm.invoices.values() if not i.is_open and i.paid > 0)
        if gone:
            firm.reopen(gone[index % len(gone)], str(firm.invoices[gone[index % len(gone)]].paid))

    def outcome(firm: Firm) -> None:
        if firm.history.messages:
            states = (MessageState.BOUNCED, MessageState.UNCERTAIN, MessageState.DELIVERED, MessageState.RESOLVED_SENT)
            firm.settle(states[index % 4])

    choices: dict[str, Callable[[Firm], object]] = {
        "pay": pay,
        "hold": hold,
        "dispute": dispute,
        "reopen": reopen,
        "outcome": outcome,
        "plan": plan,
        "promise": lambda firm: firm.tell(promises=(Promise(client_id, ahead, on),)),
        "log": lambda firm: firm.log(client_id),
        "issue": lambda firm: firm.invoices.setdefault(fresh.id, fresh),
        "lift": lambda firm: (firm.forget("holds"), firm.forget("disputes")),
    }
    name = draw(st.sampled_from(["pay", "pay", "pay", "issue", "issue", *choices]))
    return Happening(on, f"{name} {client_id} #{index} {share}", choices[name])


quarters = st.lists(happenings(), max_size=7)


@st.composite
def moments(draw: st.DrawFn) -> Firm:
    """A firm in the middle of things: every invoice somewhere on its ladder, people's yes at hand, credit and disputes
    more often than in life. It reaches in one sweep what a quarter rarely comes to."""
    made = draw(firms())
    made.today = START + timedelta(days=7 * draw(st.integers(4, 10)) + draw(st.integers(0, 3)))
    apart = draw(st.integers(8, 20))
    yes: dict[str, str] = {}
    rows: list[PastMessage] = []
    for item in sorted(made.invoices.values(), key=lambda i: i.id):
        chosen = made.settings.clients[item.client_id]
        ladder_ = chosen.policy.ladder
        reached = draw(st.sampled_from(sorted({0, 1, len(ladder_) // 2, len(ladder_) - 2, len(ladder_) - 1} - {-1})))
        for n, each in enumerate(ladder_[:reached]):
            on = made.today - timedelta(days=apart * (reached - n))
            rows.append(sent(on, each.name, item.id, payer=chosen.payer_id, key=f"{item.id}-{each.name}"))
        yes |= {f"{item.id}:0:{each.name}": str(item.open) for each in ladder_ if each.approval}
    named = tuple(sorted(yes))
    made.tell(messages=tuple(rows), approvals=(Approval("yes", "step", True, made.today, named, amounts=yes),))
    if draw(st.integers(0, 2)) == 0:
        there = sorted(i.id for i in made.invoices.values() if i.is_open)
        contested = draw(st.sampled_from(there or [""]))
        owner = made.invoices[contested].client_id if contested else "acme"
        made.tell(disputes=(Dispute(owner, "wrong", (contested,) if contested else ()),))
    for n, currency in enumerate(draw(st.sampled_from([(), ("GBP",), ("EUR",), ("GBP", "EUR")]))):
        kind = draw(st.sampled_from([CreditKind.CREDIT_NOTE, CreditKind.OVERPAYMENT]))
        amount = str(Decimal(draw(st.integers(100, 30_000))).scaleb(-2))
        made.credits[f"M{n}"] = credit(f"M{n}", amount, kind, client_id=draw(st.sampled_from(IDS)), currency=currency)
    return made
