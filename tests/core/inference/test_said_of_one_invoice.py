"""What is known of one invoice outranks its client's habits: dates given, written runs, cut-offs, closed days."""

from datetime import date, timedelta

from tests.core.build import books, client_settings, invoice, settings
from tests.core.inference.test_learning_and_sparing import TODAY, thursdays
from worker.core.inference.answer import infer
from worker.core.inference.forecast import Expected
from worker.core.inference.learn import Paid, learn, with_learnt
from worker.core.inference.receipts import outlooks
from worker.core.receivable import Invoice
from worker.core.settings import ClientSettings, Promise
from worker.core.workdays import Calendar, parse_closure

OPEN = invoice("A1", "2026-03-20", issued="2026-02-20")


def outlook(
    item: Invoice = OPEN, chosen: ClientSettings | None = None, *promises: Promise, paid: list[Paid] | None = None
) -> Expected:
    chosen = chosen or client_settings()
    learnt = learn(settings(chosen), thursdays() if paid is None else paid, TODAY)
    (found,), _ = outlooks(books(item, read=TODAY), learnt, promises)
    return found.expected


def written(pays: str, **more: str) -> ClientSettings:
    return client_settings(pays=pays, places={"pays": "birch.yaml:7"}, **more)


def promise(by: str, *ids: str, made: str = "2026-03-09") -> Promise:
    return Promise("acme", date.fromisoformat(by), date.fromisoformat(made), ids)


def test_a_promised_date_overrides_the_learnt_and_the_written_run() -> None:
    told = outlook(OPEN, written("last friday"), promise("2026-03-17", "A1"))
    assert (told.median, told.likely) == (date(2026, 3, 17), date(2026, 3, 17))  # a Tuesday: neither run
    assert told.probability > 0.85
    assert outlook(OPEN, None, promise("2026-03-17", "A2")) == outlook(), "about another invoice"
    assert outlook(OPEN, None, promise("2026-03-05")) == outlook(), "past: it was not kept"


def test_the_newest_promise_counts_and_any_outranks_the_date_in_the_books() -> None:
    expected_by_books = invoice("A1", "2026-03-20", issued="2026-02-20", expected="2026-03-24")
    assert outlook(expected_by_books).median == date(2026, 3, 24)
    both = (promise("2026-03-17"), promise("2026-03-25", made="2026-03-10"))
    assert outlook(expected_by_books, None, *both).median == date(2026, 3, 25)


def test_a_written_run_is_where_money_is_expected_whatever_was_learnt() -> None:
    told = outlook(OPEN, written("last friday"))
    assert told.likely == date(2026, 3, 27)
    assert outlook(OPEN).likely.weekday() == 3  # learnt: Thursdays


def test_an_invoice_that_missed_the_cut_off_is_expected_in_the_run_after() -> None:
    chosen = written("last friday", cut_off="3 business days")
    in_time = invoice("A1", "2026-03-20", issued="2026-02-20", approved="2026-03-24")
    too_late = invoice("A1", "2026-03-20", issued="2026-02-20", approved="2026-03-25")
    assert outlook(in_time, chosen).likely == date(2026, 3, 27)
    assert outlook(too_late, chosen).likely == date(2026, 4, 24)


def test_nothing_is_expected_while_the_client_is_closed() -> None:
    closed = Calendar(closures=(parse_closure("16 mar - 5 apr"),))
    told = outlook(OPEN, client_settings(calendar=closed))
    assert not any(told.mass[(date(2026, 3, 16) - TODAY).days : (date(2026, 4, 5) - TODAY).days + 1])
    assert told.likely == date(2026, 4, 9)  # the first Thursday open


def test_the_payers_holidays_and_closures_move_the_likely_run_too() -> None:
    thursday = date(2026, 3, 12)
    chosen = client_settings(
        calendar=Calendar(holidays=frozenset({thursday}), closures=(parse_closure("16 mar - 20 mar"),))
    )
    learnt = learn(settings(chosen), thursdays(), TODAY)
    schedule = with_learnt(learnt, {"acme"}).clients["acme"].schedule
    assert schedule is not None
    assert schedule.next_run(TODAY) != thursday
    assert not schedule.runs(date(2026, 3, 14), date(2026, 3, 22))
    assert outlook(OPEN, chosen).mass[(thursday - TODAY).days] < 0.01
    assert infer(learnt.evidence("acme"), learnt.library("acme"), TODAY).rule is not None


def test_a_written_run_that_payments_contradict_still_rules_the_forecast() -> None:
    told = outlook(OPEN, written("tuesdays"))
    assert told.likely.weekday() == 1


def test_masses_add_up_whatever_is_said() -> None:
    for chosen in (client_settings(), written("last friday"), written("tuesdays")):
        for given in ((), (promise("2026-03-17"),)):
            assert abs(sum(outlook(OPEN, chosen, *given).mass) - 1) < 1e-9
    assert outlook(paid=[]).median - OPEN.due < timedelta(days=9) if OPEN.due else False
