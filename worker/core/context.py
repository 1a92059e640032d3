"""What every rule of one sweep sees: the books, the settings, the history and the one moment, with shared look-ups."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cached_property

from worker.core.arranged import NONE, Arrangement, PlanState, collection_day, plan_state
from worker.core.decisions import AsOf
from worker.core.history import History
from worker.core.index import HistoryIndex, index_history
from worker.core.ladder import Ladder
from worker.core.money import Money
from worker.core.policy import HolidaysOf, Policy, QuietPeriod, Track
from worker.core.receivable import Allocation, Client, Credit, Invoice, Payment, PaymentKind, Snapshot
from worker.core.settings import ClientSettings, InvoiceRule, OrganisationSettings
from worker.core.workdays import Calendar, Closure


@dataclass(frozen=True)
class Context:
    """Built once per `decide`; `index` is the only part that grows (steps passed by in this very sweep)."""

    snapshot: Snapshot
    settings: OrganisationSettings
    history: History
    as_of: AsOf
    index: HistoryIndex = field(init=False)

    def __post_init__(self) -> None:
        index = index_history(self.history, self.settings, self.as_of.day, self.snapshot.survivor)
        object.__setattr__(self, "index", index)

    @property
    def day(self) -> date:
        """The local date of the sweep."""
        return self.as_of.day

    @cached_property
    def quiet_closures(self) -> tuple[Closure, ...]:
        """Quiet periods as closures: business-day counts stop in them."""
        return tuple(Closure(q.start, q.end) for q in self.settings.quiet if not q.hard_only)

    @cached_property
    def _calendars(self) -> dict[int, Calendar]:
        return {}

    def counting(self, chosen: ClientSettings) -> Calendar:
        """The client's calendar, on which its due dates, runs and business days are counted."""
        return self._with_quiet(chosen.calendar)

    def _with_quiet(self, calendar: Calendar) -> Calendar:
        known = self._calendars.get(id(calendar))
        if known is None:
            known = Calendar(calendar.weekend, calendar.holidays, calendar.closures + self.quiet_closures)
            self._calendars[id(calendar)] = known
        return known

    @cached_property
    def _sending(self) -> dict[tuple[int, HolidaysOf, bool], Calendar]:
        return {}

    def sending(self, chosen: ClientSettings, policy: Policy, *, thanks: bool = False) -> Calendar:
        """The calendar that decides on which days mail may leave to this client; thanks leave in quiet periods too."""
        key = (id(chosen.calendar), policy.window.holidays, thanks)
        if key not in self._sending:
            own, theirs = self.settings.calendar, chosen.calendar
            match policy.window.holidays:
                case HolidaysOf.NONE:
                    base = Calendar(own.weekend)
                case HolidaysOf.ORGANISATION:
                    base = own
                case HolidaysOf.CLIENT | HolidaysOf.BOTH:
                    base = own.joined(theirs)
            quiet = () if thanks else self.quiet_closures
            self._sending[key] = Calendar(base.weekend, base.holidays, base.closures + quiet)
        return self._sending[key]

    @cached_property
    def open_invoices(self) -> tuple[Invoice, ...]:
        """Everything owed."""
        return tuple(i for i in self.snapshot.invoices if i.is_open)

    @cached_property
    def credits_of(self) -> dict[str, list[Credit]]:
        """Live credit by client, after merges."""
        found: dict[str, list[Credit]] = defaultdict(list)
        for credit in self.snapshot.credits:
            if credit.live and credit.remaining > 0:
                found[self.snapshot.survivor(credit.client_id)].append(credit)
        return found

    @cached_property
    def paid_on(self) -> dict[str, tuple[date, ...]]:
        """The dates on which money arrived for each invoice."""
        found: dict[str, list[date]] = defaultdict(list)
        for payment in self.money:
            for allocation in payment.allocations:
                found[allocation.invoice_id].append(payment.date)
        return {k: tuple(sorted(v)) for k, v in found.items()}

    @cached_property
    def paid_towards(self) -> dict[str, list[tuple[Payment, Allocation]]]:
        """Live payments of money and what each settled, by invoice."""
        found: dict[str, list[tuple[Payment, Allocation]]] = defaultdict(list)
        for payment in self.money:
            for allocation in payment.allocations:
                found[allocation.invoice_id].append((payment, allocation))
        return found

    @cached_property
    def money(self) -> tuple[Payment, ...]:
        """Live payments of money from clients."""
        return tuple(p for p in self.snapshot.payments if p.active and p.kind is PaymentKind.MONEY and p.amount > 0)

    @cached_property
    def _by_client(self) -> dict[str, list[Invoice]]:
        found: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in self.snapshot.invoices:
            found[self.snapshot.survivor(invoice.client_id)].append(invoice)
        return found

    @cached_property
    def _payers_of_money(self) -> frozenset[str]:
        return frozenset(self.snapshot.survivor(p.client_id) for p in self.money)

    def invoices_of(self, client_id: str) -> list[Invoice]:
        """Every invoice of this client the mirror holds, whatever its status."""
        return self._by_client.get(client_id, [])

    def paid_by_client(self, client_id: str) -> bool:
        """True when money from this client is on record."""
        return client_id in self._payers_of_money

    def client(self, client_id: str) -> Client | None:
        """The client, after merges."""
        return self.snapshot.clients.get(self.snapshot.survivor(client_id))

    def chosen(self, client_id: str) -> ClientSettings | None:
        """What was settled for this client, after merges."""
        return self.settings.clients.get(self.snapshot.survivor(client_id))

    @cached_property
    def addresses(self) -> dict[str, str]:
        """By client, the address mail for it would go to; filled by `screen.address_of`."""
        return {}

    @cached_property
    def _payers(self) -> dict[str, str]:
        return {}

    def payer_of(self, client_id: str) -> str:
        """Who receives mail for this client."""
        known = self._payers.get(client_id)
        if known is None:
            chosen = self.chosen(client_id)
            known = self.snapshot.survivor(chosen.payer_id if chosen else client_id)
            self._payers[client_id] = known
        return known

    def rule_for(self, invoice: Invoice) -> InvoiceRule | None:
        """The first `match:` that names this invoice."""
        return next((r for r in self.settings.invoice_rules if matches(r, invoice)), None)

    def ladder(self, invoice: Invoice, chosen: ClientSettings) -> Ladder:
        """The ladder this invoice climbs: its match's policy, else its client's."""
        rule = self.rule_for(invoice)
        policy = rule.policy if rule and rule.policy else chosen.policy
        calendar, arranged = self.counting(chosen), self.arrangement(invoice, chosen)
        return Ladder(policy, chosen, calendar, self.index, self.snapshot, self.day, self.paid_on, arranged)

    @cached_property
    def plans(self) -> dict[str, PlanState]:
        """By invoice, the state of the plan it is in; of several the newest counts. A plan all of whose instalments
        came, or whose client is no longer in the books, suspends nothing."""
        found: dict[str, PlanState] = {}
        for plan in self.index.plans:
            chosen = self.chosen(plan.client_id)
            if chosen is None:
                continue
            covered = [i for id_ in plan.invoice_ids if (i := self.snapshot.invoice(id_))]
            state = plan_state(plan, covered, self.day, self.counting(chosen))
            found.update({i.id: state for i in covered if i.is_open and state.number})
        return found

    def suspended(self, invoice: Invoice) -> bool:
        """True when a plan or a collection takes the place of this invoice's ladder."""
        chosen = self.chosen(invoice.client_id)
        return invoice.id in self.plans or bool(chosen and chosen.collects)

    def arrangement(self, invoice: Invoice, chosen: ClientSettings) -> Arrangement:
        """What suspends this invoice's ladder, and the missed instalment or failed collection it is about."""
        state = self.plans.get(invoice.id)
        if state:
            return Arrangement(Track.INSTALMENT, f"{state.plan.id}.{state.number}", state.due if state.missed else None)
        collects = chosen.collects
        if collects is None or collects.schedule is None:
            return Arrangement(Track.COLLECTION) if collects else NONE
        rows = self.index.rungs.get((invoice.id, invoice.round), ())
        handled = [row.step.partition("@")[2] for row in rows]
        on = collection_day(collects.schedule, invoice, self.index.task_by_id, handled)
        return Arrangement(Track.COLLECTION, on.isoformat() if on else "", on)

    def quiet_today(self, *, hard: bool) -> QuietPeriod | None:
        """The quiet period that covers today, if it concerns this kind of message."""
        return next((q for q in self.settings.quiet if q.covers(self.day) and (hard or not q.hard_only)), None)

    def next_open(self, chosen: ClientSettings, policy: Policy, start: date, *, thanks: bool = False) -> date:
        """The first day on or after `start` on which this policy's window opens for this client."""
        calendar, day = self.sending(chosen, policy, thanks=thanks), start
        for _ in range(400):
            if day.weekday() in policy.window.days and calendar.is_business_day(day):
                return day
            day += timedelta(days=1)
        return day

    def may_send_now(self, chosen: ClientSettings, policy: Policy, *, thanks: bool = False) -> bool:
        """Inside the mail window at this very moment."""
        in_hours = opening(policy, self.settings) <= self.as_of.at < policy.window.closes
        return in_hours and self.next_open(chosen, policy, self.day, thanks=thanks) == self.day

    def opens_next(self, chosen: ClientSettings, policy: Policy, *, thanks: bool = False) -> date:
        """Today when the window still opens today, else its next day."""
        later_today = self.as_of.at < opening(policy, self.settings) < policy.window.closes
        start = self.day if later_today else self.day + timedelta(days=1)
        return self.next_open(chosen, policy, start, thanks=thanks)


def opening(policy: Policy, settings: OrganisationSettings) -> time:
    """When mail may first leave on a day: as the policy says, and not before people could stop it."""
    return max(policy.window.opens, settings.sends_from or time.min)


def matches(rule: InvoiceRule, invoice: Invoice) -> bool:
    """Every criterion the rule states must hold; a rule that states none matches nothing."""
    wanted = (
        (rule.number_prefix, invoice.number.lower().startswith(rule.number_prefix.lower())),
        (rule.reference, rule.reference.lower() in invoice.reference.lower()),
        (rule.theme, rule.theme.lower() == invoice.theme.lower()),
        (rule.terms, rule.terms.lower() == invoice.terms.lower()),
        (rule.repeating is not None, rule.repeating is invoice.repeating),
    )
    stated = [ok for asked, ok in wanted if asked]
    return bool(stated) and all(stated)


def key_of(*parts: object) -> str:
    """A stable identity: the first 32 hex digits of the SHA-256 of the parts."""
    return hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()[:32]


def amount_words(amount: Decimal, currency: str) -> str:
    """An amount in a reason: `GBP 1,234.50`."""
    return f"{currency} {Money(amount, currency).amount:,.2f}" if currency else f"{amount:,.2f}"
