"""The second phase: an organisation's settings once its clients are known."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from worker.config.cascade import Cascade
from worker.config.digest import sends_from
from worker.config.fingerprint import fingerprint_of
from worker.config.languages import Tongue, sentences_of
from worker.config.names import Names, group_of, same
from worker.config.options_client import ClientSettingsOptions
from worker.config.options_organisation import OrganisationOptions, PauseOptions, SenderOptions, SignatureOptions
from worker.config.rates import rate_tables
from worker.config.restraints import disputes_of, hold_by, holds_of, never_contacted, plans_of, promises_of
from worker.config.source import guess
from worker.config.values import Calendars, OrganisationConfig
from worker.core.policy import QuietPeriod
from worker.core.receivable import Client, Snapshot
from worker.core.settings import (
    Address,
    Backlog,
    Caps,
    ClientSettings,
    Hold,
    InvoiceRule,
    Mode,
    OrganisationSettings,
    Reconciled,
    Signature,
)
from worker.core.workdays import Closure, day_in_month
from worker.errors import ConfigError, Problem

# Money that arrives after a reconciliation is not in the books yet: one done by hand is trusted for a week.
_FRESH_DAYS = 7
_ALWAYS_HELD = "no reminders"
_SHARED_DOMAINS = frozenset({"aol.com", "gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com"}) | {
    *("gmx.de", "gmx.net", "me.com", "orange.fr", "outlook.com", "proton.me", "protonmail.com"),
    *("t-online.de", "web.de", "yahoo.com", "ymail.com"),
}


def resolve(
    organisation: OrganisationConfig, snapshot: Snapshot, as_of: date, calendars: Calendars
) -> OrganisationSettings:
    """Settle everything for the clients of `snapshot`, as of a day of the organisation.

    `calendars` gives public holidays (`worker.calendars.calendar_for`). Raises ConfigError, for this organisation
    only, with every entry that matches no client or more than one.
    """
    problems: list[Problem] = []
    written, practice = organisation.written, organisation.practice
    names, tongue = Names(snapshot), Tongue(organisation, snapshot.organisation.country)
    cascade = Cascade(organisation, calendars, range(as_of.year - 2, as_of.year + 3), problems, tongue)
    layers = _Layers(written, names, snapshot, problems)
    never = never_contacted(written, names, problems)
    clients: dict[str, ClientSettings] = {}
    holds = holds_of(written, names, snapshot, problems)
    for client in snapshot.clients.values():
        own = layers.of(client)
        holds += [hold for layer in own if (hold := hold_by(layer, client.id))]
        clients[client.id] = cascade.settle(client, layers.payer_of(client), own, never.get(client.id, ""))
    calendar = cascade.own_calendar()
    disputes = disputes_of(written, names, snapshot, problems)
    promises = promises_of(written, names, snapshot, as_of, problems)
    plans = plans_of(written, names, snapshot, problems)
    zone = _zone(organisation, snapshot, problems)
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return OrganisationSettings(
        organisation.name,
        zone,
        calendar,
        clients,
        mode=Mode(practice.mode),
        invoice_rules=_rules(organisation),
        holds=tuple(sorted(holds, key=_hold_order)),
        disputes=tuple(disputes),
        promises=tuple(promises),
        plans=tuple(plans),
        quiet=_quiet([*practice.quiet, *written.quiet], [*practice.pause, *written.pause], as_of),
        reconciled=_reconciled(written.reconciled),
        backlog=Backlog(written.backlog) if written.backlog else None,
        approvals=tuple(dict.fromkeys([*practice.approvals, *written.approvals])),
        own_domains=_own_domains(written),
        sends_from=sends_from(practice.digest) if practice.digest else None,
        never_contact_domains=frozenset(written.never_contact.domains),
        never_contact_groups=frozenset({_ALWAYS_HELD, *(g.lower() for g in written.never_contact.groups)}),
        **_voice(written, snapshot),
        caps=_caps(organisation),
        rates=rate_tables(),
        stopped=practice.stopped or written.stopped or "",
        notes_in_books=written.notes_in_books,
        attach_at_most=written.attach_at_most if "invoice pdf" in written.attach else 0,
        attach_statement="statement" in written.attach,
        fingerprint=fingerprint_of(organisation),
        language=tongue.own,
        sentences=sentences_of(written),
    )


def _voice(written: OrganisationOptions, snapshot: Snapshot) -> dict[str, Any]:
    """Who speaks, and the sentences only this organisation can say."""
    return {
        "ways_to_pay": tuple(written.ways_to_pay),
        "display_name": written.name or snapshot.organisation.name,
        "sender": _address(written.sender),
        "signatures": _signatures(written),
        "work": written.work,
        "terms_text": written.terms,
        "why_it_matters": written.why_it_matters,
        "next_action": written.what_happens_next,
    }


class _Layers:
    """Which written layers apply to a client, from the farthest (a group) to the nearest (its own entry)."""

    def __init__(self, written: OrganisationOptions, names: Names, snapshot: Snapshot, problems: list[Problem]) -> None:
        self._written, self._snapshot = written, snapshot
        self._own: dict[str, ClientSettingsOptions] = {}
        self._payers: dict[str, tuple[str, ClientSettingsOptions]] = {}
        for entry in written.clients:
            if not entry.model_fields_set - {"client"}:
                continue
            client = names.find(entry.client, entry.place, _said(entry), problems)
            if client in self._own:
                todo = f"put both into one entry; the other is at {self._own[client].place}"
                problems.append(Problem(entry.place, f'"{entry.client}" has two entries', "one", todo))
            elif client:
                self._own[client] = entry
        self._read_payers(names, problems)
        self._check_groups(problems)

    def _check_groups(self, problems: list[Problem]) -> None:
        # A group may be empty, but a hold or a payment run must not be lost to a rename.
        known = {g for client in self._snapshot.clients.values() for g in client.groups}
        for name, entry in self._written.groups.items():
            if entry.model_fields_set & {"hold_until", "pays"} and not any(same(name) == same(g) for g in known):
                near = guess(name, known, "look for a rename in the books, or remove the entry")
                found = f'{_said(entry)} for the group "{name}", which nobody in the books is in'
                problems.append(Problem(entry.place, found, "the exact name of a group", near))

    def _read_payers(self, names: Names, problems: list[Problem]) -> None:
        for name, payer in self._written.payers.items():
            found = [names.find(c, payer.place, f'the payer "{name}"', problems) for c in payer.clients]
            ids = [i for i in found if i]
            if not ids:
                continue
            # A payer that is no client itself writes its history under the first client it pays for.
            is_client = names.is_client(name)
            payer_id = names.find(name, payer.place, "a payer", problems) if is_client else ids[0]
            if not is_client and not (payer.contacts and payer.contacts.accounts_payable):
                todo = "add contacts: {accounts payable: ...}, or name a client of the books"
                problems.append(Problem(payer.place, f'the payer "{name}" has no address', "where its mail goes", todo))
            for client in dict.fromkeys([*ids, *([payer_id] if is_client and payer_id else [])]):
                if client in self._payers:
                    problems.append(
                        Problem(payer.place, f'a client of "{name}" has another payer too', "one payer each")
                    )
                self._payers[client] = (payer_id or client, payer)

    def of(self, client: Client) -> list[ClientSettingsOptions]:
        groups = [self._written.groups[g] for g in group_of(client, self._written.groups)]
        payer = self._payers.get(client.id)
        own = self._own.get(client.id)
        return [*groups, *([payer[1]] if payer else []), *([own] if own else [])]

    def payer_of(self, client: Client) -> str:
        if client.id in self._payers:
            return self._payers[client.id][0]
        here, seen = self._snapshot.clients[self._snapshot.survivor(client.id)], {client.id}
        while here.billed_with_parent and here.parent_id in self._snapshot.clients and here.parent_id not in seen:
            seen.add(here.parent_id)
            here = self._snapshot.clients[here.parent_id]
        return here.id


def _said(entry: ClientSettingsOptions) -> str:
    for name, words in (("hold_until", "a hold"), ("pays", '"pays"'), ("policy", "a policy")):
        if name in entry.model_fields_set:
            return words
    return "settings"


def _zone(organisation: OrganisationConfig, snapshot: Snapshot, problems: list[Problem]) -> str:
    zone = organisation.written.zone or organisation.practice.zone or snapshot.organisation.zone
    if not zone and organisation.practice.mode == "live":
        found = f'live mode, but nobody says in which time zone "{organisation.name}" is'
        problems.append(Problem(organisation.place, found, "an IANA name such as Europe/London", "add zone:"))
    return zone or "UTC"


def _rules(organisation: OrganisationConfig) -> tuple[InvoiceRule, ...]:
    return tuple(
        InvoiceRule(
            organisation.policies[rule.policy] if rule.policy else None,
            rule.excluded or "",
            rule.place,
            rule.match.number_prefix or "",
            rule.match.reference or "",
            rule.match.theme or "",
            rule.match.terms or "",
            rule.match.repeating,
        )
        for rule in organisation.written.invoices
    )


def _quiet(yearly: Sequence[Closure], pauses: Sequence[PauseOptions], as_of: date) -> tuple[QuietPeriod, ...]:
    periods = [QuietPeriod(p.from_, p.to, p.why, p.what == "hard") for p in pauses]
    for closure in yearly:
        if isinstance(closure.first, date) and isinstance(closure.last, date):
            periods.append(QuietPeriod(closure.first, closure.last, closure.words()))
        elif not isinstance(closure.first, date) and not isinstance(closure.last, date):
            for year in range(as_of.year - 1, as_of.year + 3):
                wraps = closure.last < closure.first
                last = day_in_month(year + wraps, *closure.last)
                periods.append(QuietPeriod(day_in_month(year, *closure.first), last, closure.words()))
    return tuple(sorted(set(periods), key=lambda p: (p.start, p.end, p.why)))


def _own_domains(written: OrganisationOptions) -> frozenset[str]:
    """What is written, and the sender's own domain unless anybody can have an address there."""
    sender = written.sender.email.rpartition("@")[2].lower() if written.sender else ""
    return frozenset({*written.own_domains, *({sender} - {""} - _SHARED_DOMAINS)})


def _reconciled(words: str | None) -> Reconciled | None:
    """Only a date says by itself until when the books are fresh; a rhythm is judged by the payments it shows."""
    if words is None:
        return None
    if words in {"daily", "by hand"} or words.startswith("every "):
        return Reconciled(words)
    return Reconciled("by hand", date.fromisoformat(words) + timedelta(days=_FRESH_DAYS))


def _signatures(written: OrganisationOptions) -> Mapping[str, Signature]:
    """By name; "" is the one that signs unless a step says otherwise."""
    named: dict[str, SignatureOptions] = dict(written.signatures)
    if written.signature:
        named[""] = written.signature
    return {
        name: Signature(s.name, s.email, s.phone, s.title, s.reply_to or written.reply_to or "", _address(s.sender))
        for name, s in named.items()
    }


def _address(written: SenderOptions | None) -> Address | None:
    return Address(written.email, written.name) if written else None


def _caps(organisation: OrganisationConfig) -> Caps:
    """The tightest of built-in, practice and organisation."""
    both = (organisation.practice.caps, organisation.written.caps)
    built_in = Caps()
    return Caps(
        min([built_in.per_week, *(c.per_week for c in both if c.per_week)]),
        min([built_in.per_month, *(c.per_month for c in both if c.per_month)]),
    )


def _hold_order(hold: Hold) -> tuple[str, str, str]:
    return (hold.client_id, hold.invoice_id, hold.place)
