"""A letter before action demands only what is ripe, and states interest only where everything is certain."""

from dataclasses import replace
from datetime import date

import pytest

from tests.core import build
from tests.wording.reading import SHIPPED
from worker.config.rates import rate_tables
from worker.core.decide import decide
from worker.core.demand import Demand, demand_of
from worker.core.history import Contacted, History, MessageState
from worker.core.settings import Charges, Debtor, Dispute, Hold, OrganisationSettings
from worker.report.letter import BLANK, letter_page
from worker.wording.check import check_templates
from worker.wording.phrases import letter_phrases

ITEMS = (
    build.invoice("A1", "2026-01-10", "900.00", issued="2025-12-10"),
    build.invoice("A2", "2026-01-20", "300.00", issued="2025-12-20"),
    build.invoice("A3", "2026-03-30", "50.00", issued="2026-02-28"),
)
VOICE = letter_phrases([SHIPPED], "en", "GB")
PAST = History(
    messages=(
        build.sent("2026-01-20", "nudge", "A1"),
        build.sent("2026-02-03", "ask", "A1", state=MessageState.BOUNCED),
        build.sent("2026-02-17", "firm", "A1", state=MessageState.DEFERRED),
    ),
    contacts=(Contacted("acme", date(2026, 2, 10), "rang"),),
)


def letter(charges: Charges | None = None, **more: object) -> tuple[Demand, OrganisationSettings]:
    one = build.client_settings(charges=charges or Charges())
    settled = build.settings(one, disputes=(Dispute("acme", "short <count>", ("A2",)),), rates=rate_tables(), **more)
    snapshot = build.books(*ITEMS, read="2026-03-10")
    return demand_of(
        "acme", snapshot, settled, PAST, decide(snapshot, settled, PAST, build.as_of("2026-03-10"))
    ), settled


def test_only_what_is_overdue_and_undisputed_and_what_really_reached_them() -> None:
    found, settled = letter()
    assert [i.id for i in found.invoices] == ["A1"]
    assert [i.id for i, _ in found.left_out] == ["A2"]
    assert found.contacts == ((date(2026, 1, 20), ""), (date(2026, 2, 10), "rang"))
    assert found.interest == ()
    assert found.why_no_interest == "debtor is not said to be a business or a public body"
    assert found.until == date(2026, 4, 9)  # who may be a person gets thirty days
    page = letter_page(build.client(name="Acme <Ltd>"), replace(settled, next_action=""), found, VOICE)
    assert "Acme &lt;Ltd&gt;" in page
    assert f"by then: {BLANK}" in page
    assert "£900.00 overdue" in page
    assert "<td>by e-mail</td>" in page
    assert "300.00" not in page
    assert "nterest" not in page


def test_what_a_person_holds_or_the_client_never_saw_is_not_demanded() -> None:
    held, _ = letter(holds=(Hold("acme", "in talks", invoice_id="A1"),))
    assert held.invoices == ()
    assert [(i.id, "in talks" in why) for i, why in held.left_out] == [("A1", True), ("A2", False)]


def test_interest_where_law_debtor_and_basis_are_stated() -> None:
    found, settled = letter(Charges(debtor=Debtor.BUSINESS, law="GB", interest=True))
    (figure,) = found.interest
    assert figure.number == "INV-A1"
    assert found.until == date(2026, 3, 24)
    assert found.why_no_interest == ""
    assert figure.basis in letter_page(build.client(), settled, found, VOICE)


@pytest.mark.parametrize(
    ("language", "country", "says"),
    [
        ("fr", "FR", ("Mise en demeure : 900,00 £GB", "par courriel", "24 mars 2026")),
        ("de", "DE", ("900,00 £ überfällig", "per E-Mail", "24. März 2026")),
        ("es", "ES", ("900,00 GBP", "por correo electrónico", "24 de marzo de 2026")),
        ("nl", "NL", ("£ 900,00", "per e-mail", "24 maart 2026")),
        ("fr-CA", "CA", ("Mise en demeure", "par courriel")),
    ],
)
def test_in_the_language_of_whoever_reads_it(language: str, country: str, says: tuple[str, ...]) -> None:
    found, settled = letter(Charges(debtor=Debtor.BUSINESS, law="GB", interest=True))
    page = letter_page(build.client(), settled, found, letter_phrases([SHIPPED], language, country))
    plain = page.replace("\u00a0", " ").replace("\u202f", " ")
    for words in says:
        assert words in plain, words
    for english in ("Please", "overdue", "How to pay", "{"):
        assert english not in plain.partition("</p>")[2]
    assert f'lang="{language}"' in page


def test_every_language_says_as_much_as_english() -> None:
    assert check_templates([SHIPPED]) == []
    for language in ("de", "es", "fr", "nl"):
        assert letter_phrases([SHIPPED], language, "").words["heading"] != VOICE.words["heading"]
