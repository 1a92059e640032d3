"""The linter: what law and courtesy ask of a policy and of an organisation's words (rules L1 to L14).

What is forbidden comes back as a problem and stops `check` and every run; what is merely unwise as a warning that
`check` shows. Reasons and sources stand beside each rule.
"""

from collections.abc import Iterator, Mapping

from worker.config.options import PracticeOptions
from worker.config.options_client import ClientSettingsOptions
from worker.config.options_organisation import OrganisationOptions
from worker.config.options_policy import PolicyOptions
from worker.config.policy_values import stage_of_step
from worker.core.interest import NEEDS_CLAUSE
from worker.core.policy import HolidaysOf, Policy, Stage, Track
from worker.core.threats import threats
from worker.core.when import Span, Unit
from worker.errors import Problem

MOST_MESSAGES = 12
"""L3: a sequence ends. Ferguson v British Gas [2009]: machine-made demands without end can be harassment."""
COURTEOUS = 4
"""L1: the default ceiling in 30 days; ten is the hard one (ACCC/ASIC RG 96, written for individual debtors)."""
LONGEST_KEPT, SHORTEST_KEPT = 72 * 31, 6 * 30
"""L13, in days: six years, as tax records are kept in the UK, and half a year."""
_DAYS = {Unit.DAY: 1, Unit.BUSINESS_DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30}


def policy_problems(name: str, whole: PolicyOptions) -> Iterator[Problem]:
    """L3 and L5, for a merged policy."""
    messages = [s for s in whole.steps if not s.task]
    if len(messages) > MOST_MESSAGES:
        found = f'the policy "{name}" has {len(messages)} messages'
        yield Problem(whole.place, found, f"at most {MOST_MESSAGES}", "more is harassment: put a person's task earlier")
    for step in messages:
        if stage_of_step(step) is Stage.FINAL and step.approval != "required":
            todo = "add approval: required, so that a person has read it"
            yield Problem(step.place, f'the final notice "{step.name}" would go by itself', "a person's yes", todo)


def organisation_problems(written: OrganisationOptions) -> Iterator[Problem]:
    """L5, L9 to L12, for what an organisation says in its own words and of its clients."""
    if written.debts == "assigned":
        place = written.place_of("debts")
        todo = "leave these to a licensed collector, or write factored: yes for those sold to a factor"
        yield Problem(place, "debts: assigned, to be collected for somebody else", "debts: our own", todo)
    yield from _words("terms", written.terms, written.place_of("terms"))
    yield from _words("why it matters", written.why_it_matters, written.place_of("why_it_matters"))
    for layer in (written, *written.groups.values(), *written.payers.values(), *written.clients):
        late = layer.late_payment
        if late:
            yield from _words("notice", late.notice or "", late.place_of("notice"))
            yield from _charges(layer.debtor or written.debtor, layer.law or written.law or "", late)
        if isinstance(layer, ClientSettingsOptions):
            yield from _words("why it matters", layer.why_it_matters or "", layer.place_of("why_it_matters"))
            yield from _words("terms", layer.terms or "", layer.place_of("terms"))


def _words(key: str, text: str, place: str) -> Iterator[Problem]:
    if found := threats(text):
        todo = "say what is true without it; what happens next belongs in `what happens next:` of a final notice"
        yield Problem(place, f'{key}: "{found[0]}" threatens', "words that do not", todo)


def _charges(debtor: str | None, law: str, late: object) -> Iterator[Problem]:
    place_of = getattr(late, "place_of")  # noqa: B009 - an options model of either layer
    interest, clause, rate = (getattr(late, name) for name in ("interest", "clause", "rate"))
    notice = getattr(late, "notice")  # noqa: B009
    if not (interest or notice):
        return
    if debtor == "consumer":
        todo = "consumers have protections of their own: remove it, or ask a lawyer and tell them yourself"
        yield Problem(place_of("interest"), "late payment: charges for a consumer", "none", todo)
    country, _, state = law.partition("-")
    if country in NEEDS_CLAUSE and not clause:
        todo = "add clause: with the place in the contract"
        found = f"late payment: there is no statutory interest in {country}"
        yield Problem(place_of("interest"), found, "a clause of the contract", todo)
    if country == "US" and not state:
        yield Problem(place_of("interest"), "law: US", "the state, such as US-CA", "late fees follow the state's law")
    if rate is not None and not clause:
        yield Problem(place_of("rate"), "rate without clause", "where the contract agrees on it", "add clause:")


def practice_warnings(written: PracticeOptions) -> Iterator[Problem]:
    """L13: letters kept longer than any tax record is (UK: six years), or for less than a debt may be argued about."""
    days, place = written.retention.messages, written.retention.place_of("messages")
    if days > LONGEST_KEPT:
        todo = "data about people is kept no longer than it is needed (UK GDPR 5(1)(e)): write at most 72 months"
        yield Problem(place, "letters are kept for more than six years", "24 months, the default", todo)
    elif days < SHORTEST_KEPT:
        todo = "or case files and disputes will lack what was said"
        yield Problem(place, "letters are kept for less than six months", "24 months, the default", todo)


def policy_warnings(policy: Policy) -> Iterator[Problem]:
    """L1 and L2, where a policy is allowed and unwise."""
    if (policy.per_month is None or policy.per_month > COURTEOUS) and policy.ladder:
        most = "10" if policy.per_month is None else str(policy.per_month)
        found = f'"{policy.name}" allows {most} messages in 30 days to one payer'
        yield Problem(
            policy.place, found, f"at most: {COURTEOUS} a month", "a payer of many invoices hears all of them"
        )
    if _short(policy.gap, 2) and (policy.again is None or _short(policy.again, 3)):
        found = f'"{policy.name}" leaves {policy.gap.words()} between two messages'
        yield Problem(policy.place, found, "two business days or more", "people need time to answer")
    if policy.window.days & {5, 6} or policy.window.holidays is HolidaysOf.NONE:
        found = f'"{policy.name}" writes on weekends or public holidays'
        yield Problem(policy.place, found, "business days", "nobody pays then, and few like to be asked then")
    for step in policy.on(Track.LADDER):
        if step.stage is Stage.FINAL and step.when.words().startswith("on "):
            yield Problem(step.place, f'"{step.name}" comes without a pause', "some days after previous", "")


def _short(span: Span, least: int) -> bool:
    return span.count * _DAYS[span.unit] < least


def organisation_warnings(written: OrganisationOptions, policies: Mapping[str, Policy]) -> Iterator[Problem]:
    """What is unwise of one organisation: L11, L12, and clients taken over without a date."""
    for policy in policies.values():
        yield from policy_warnings(policy)
    own = {d.lower() for d in written.own_domains}
    domain = written.sender.email.rpartition("@")[2].lower() if written.sender else ""
    if own and domain and domain not in own:
        place, todo = written.sender.place if written.sender else written.place, "send from your own domain"
        yield Problem(place, f"the sender's domain {domain} is not one of own domains", ", ".join(sorted(own)), todo)
    for layer in (written, *written.groups.values(), *written.payers.values(), *written.clients):
        late, debtor = layer.late_payment, layer.debtor or written.debtor
        if late and (late.interest or late.notice) and debtor in {None, "unknown"}:
            found = "late payment: nothing will be shown, as nobody says what kind of debtor they are"
            yield Problem(late.place, found, "debtor: business", "write it for those clients it is true of")
    for entry in written.clients:
        if entry.already_at and not entry.last_contacted:
            todo = "add last contacted: with the day, or the next step may come at once"
            yield Problem(
                entry.place_of("already_at"), f'already at: "{entry.already_at}", but nobody says when', "", todo
            )
