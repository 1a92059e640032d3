"""Settings per client: built-in < practice < organisation < group in the books < payer < client; the nearest wins.

Clients with the same layers share their policy, calendar and payment runs, so that thousands cost little.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from worker.config.languages import Tongue
from worker.config.options_client import ClientSettingsOptions, CollectionOptions, Common, LatePaymentOptions
from worker.config.policies import DEFAULT
from worker.config.values import Calendars, OrganisationConfig
from worker.core.payment_run import GrammarProblem, RunSchedule, Takes, parse_pays
from worker.core.receivable import Client
from worker.core.settings import Address, Charges, ClientSettings, Collection, Debtor, DeliveredBy
from worker.core.workdays import Calendar, Closure
from worker.errors import Problem

_NAMES = {
    name: field.alias or name
    for name, field in ClientSettingsOptions.model_fields.items()
    if name not in {"contacts", "hold_until", "why"}
}


@dataclass
class Cascade:
    """Builds ClientSettings. `years` are the calendar years holidays are needed for; problems are appended."""

    organisation: OrganisationConfig
    calendars: Calendars
    years: range
    problems: list[Problem]
    tongue: Tongue
    _settled: dict[tuple[object, ...], ClientSettings] = field(default_factory=dict)
    _calendars: dict[tuple[str | None, str | None], Calendar] = field(default_factory=dict)

    def settle(
        self, client: Client, payer_id: str, layers: Sequence[ClientSettingsOptions], never: str
    ) -> ClientSettings:
        """The settings of one client; `layers` from the farthest to the nearest, without practice and organisation."""
        key = (client.country, *(id(layer) for layer in layers))
        if key not in self._settled:
            self._settled[key] = self._shared(client, layers)
        return replace(self._settled[key], client_id=client.id, payer_id=payer_id, never_contact=never)

    def own_calendar(self) -> Calendar:
        """The organisation's own business calendar."""
        layers: list[Common] = [self.organisation.practice, self.organisation.written]
        values, places = _nearest(layers)
        return self._calendar(
            values.get("country"), values.get("region"), places.get("country", self.organisation.place)
        )

    def _shared(self, client: Client, layers: Sequence[ClientSettingsOptions]) -> ClientSettings:
        values, places = _nearest([self.organisation.practice, self.organisation.written, *layers])
        calendar = self._client_calendar(client, layers, values, places)
        roles = _contacts(layers)
        collects = values.get("collects")
        language, said_by = self.tongue.of(client.country, layers)
        places |= {"language": said_by} if said_by else {}
        return ClientSettings(
            "",
            self.organisation.policies[values.get("policy") or DEFAULT],
            "",
            calendar,
            schedule=self._schedule(values, places, calendar),
            run_stated=bool(values.get("pays")) and values.get("pays_stated", True),
            language=language,
            to=roles["accounts_payable"] + roles["treasurer"],
            thanks_to=roles["thank_you"],
            escalate_to=roles["escalation"],
            needs_po=values.get("needs_po", False),
            delivered_by=DeliveredBy(values.get("delivered_by", "books")),
            collects=_collection(collects, calendar),
            factored=values.get("factored", False),
            deducts=tuple(values.get("deducts", ())),
            last_contacted=values.get("last_contacted"),
            already_at=self._already_at(values, places),
            roles={role.replace("_", "-" if role == "thank_you" else " "): to for role, to in roles.items() if to},
            never_hand_over=values.get("never_hand_over", ""),
            why_it_matters=values.get("why_it_matters", ""),
            terms_text=values.get("terms", ""),
            charges=_charges(values),
            early=values.get("early_payment"),
            places=places,
        )

    def _schedule(self, values: dict[str, Any], places: dict[str, str], calendar: Calendar) -> RunSchedule | None:
        if "pays" in values:
            return RunSchedule(
                values["pays"], values.get("cut_off"), values.get("takes", Takes.DUE_BY_THE_RUN), calendar
            )
        for name, key in (("cut_off", "cut-off"), ("takes", "takes")):
            if name in values:
                self.problems.append(
                    Problem(places[key], f'"{key}" without "pays"', "the run it belongs to", "add pays:")
                )
        return None

    def _already_at(self, values: dict[str, Any], places: dict[str, str]) -> str:
        name = str(values.get("already_at", ""))
        policy = self.organisation.policies[values.get("policy") or DEFAULT]
        if name and not policy.step(name):
            steps = ", ".join(s.name for s in policy.ladder)
            found = f'already at: "{name}" is no step of the policy "{policy.name}"'
            self.problems.append(
                Problem(places["already at"], found, f"one of {steps}", "name the last step that was taken")
            )
        return name

    def _client_calendar(
        self, client: Client, layers: Sequence[Common], values: dict[str, Any], places: dict[str, str]
    ) -> Calendar:
        said = any(layer.country for layer in layers)
        country, region = values.get("country"), values.get("region")
        calendar = None
        if not said and client.country and client.country.upper() != country:
            # The books' country is free text: where it is no code we know, the organisation's own has to do.
            calendar = self._try(client.country.upper())
        if calendar is None:
            calendar = self._calendar(country, region, places.get("region") or places.get("country", ""))
        closed = tuple(values.get("closed", ()))
        return self._closed(calendar, closed, places["closed"]) if closed else calendar

    def _closed(self, calendar: Calendar, closed: tuple[Closure, ...], place: str) -> Calendar:
        shut = replace(calendar, closures=calendar.closures + closed)
        try:
            shut.next_business_day(date(self.years.start, 1, 1))
        except ValueError:
            found = f"closed: {', '.join(c.words() for c in closed)} leaves no day on which the client is open"
            self.problems.append(Problem(place, found, "some open days", "for no chasing at all, write a hold"))
            return calendar
        return shut

    def _try(self, country: str) -> Calendar | None:
        key = (country, None)
        if key not in self._calendars:
            try:
                self._calendars[key] = self.calendars(country, None, years=self.years)
            except ValueError:
                return None
        return self._calendars[key]

    def _calendar(self, country: str | None, region: str | None, place: str) -> Calendar:
        key = (country, region)
        if key not in self._calendars:
            try:
                self._calendars[key] = self.calendars(country, region, years=self.years)
            except ValueError as error:
                self.problems.append(
                    Problem(place, str(error), "a country and region with known holidays", "correct it")
                )
                self._calendars[key] = Calendar()
        return self._calendars[key]


def _nearest(layers: Sequence[Common]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for layer in layers:
        for name, key in _NAMES.items():
            value = getattr(layer, name, None)
            if value is not None:
                values[name] = value
                places[key] = layer.place_of(name)
                if name == "country":
                    # A region belongs to the country it was written with.
                    values.pop("region", None)
    return values, places


def _collection(written: CollectionOptions | None, calendar: Calendar) -> Collection | None:
    """Words that are no day are kept as words: then nobody can say that a collection was missed."""
    if written is None:
        return None
    try:
        schedule = RunSchedule(parse_pays(written.on), calendar=calendar) if written.on else None
    except GrammarProblem:
        schedule = None
    return Collection(written.method, written.on or "", schedule)


def _charges(values: dict[str, Any]) -> Charges:
    said: LatePaymentOptions = values.get("late_payment") or LatePaymentOptions()
    debtor = Debtor(values.get("debtor", "unknown"))
    return Charges(debtor, values.get("law", ""), said.interest, said.clause or "", said.rate, said.notice or "")


def _contacts(layers: Sequence[ClientSettingsOptions]) -> dict[str, tuple[Address, ...]]:
    roles: dict[str, tuple[Address, ...]] = dict.fromkeys(
        ("accounts_payable", "thank_you", "escalation", "treasurer"), ()
    )
    for layer in layers:
        for role in roles:
            if layer.contacts and getattr(layer.contacts, role):
                roles[role] = tuple(Address(email) for email in getattr(layer.contacts, role))
    return roles
