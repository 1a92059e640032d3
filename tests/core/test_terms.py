"""Due dates from Xero's four kinds of terms and QuickBooks' two."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.terms import PaymentTerms, TermsKind

AFTER, MONTH_END = TermsKind.AFTER_INVOICE, TermsKind.AFTER_MONTH_END
OF_MONTH, OF_NEXT, ON_DAY = TermsKind.OF_MONTH, TermsKind.OF_NEXT_MONTH, TermsKind.NEXT_ON_DAY


@pytest.mark.parametrize(
    ("terms", "issued", "due"),
    [
        (PaymentTerms(AFTER, 30), date(2026, 1, 31), date(2026, 3, 2)),
        (PaymentTerms(AFTER, 0), date(2026, 1, 31), date(2026, 1, 31)),
        (PaymentTerms(MONTH_END, 14), date(2026, 2, 3), date(2026, 3, 14)),
        (PaymentTerms(MONTH_END, 60), date(2024, 2, 3), date(2024, 4, 29)),
        (PaymentTerms(OF_MONTH, 31), date(2026, 2, 3), date(2026, 2, 28)),
        (PaymentTerms(OF_MONTH, 14), date(2026, 2, 20), date(2026, 2, 14)),
        (PaymentTerms(OF_NEXT, 12), date(2026, 12, 31), date(2027, 1, 12)),
        (PaymentTerms(OF_NEXT, 31), date(2026, 1, 31), date(2026, 2, 28)),
        (PaymentTerms(OF_NEXT, 31), date(2026, 2, 28), date(2026, 3, 31)),
        (PaymentTerms(ON_DAY, 15), date(2026, 2, 15), date(2026, 2, 15)),
        (PaymentTerms(ON_DAY, 15), date(2026, 2, 16), date(2026, 3, 15)),
        (PaymentTerms(ON_DAY, 31), date(2026, 2, 28), date(2026, 2, 28)),
        (PaymentTerms(ON_DAY, 15, grace=5), date(2026, 2, 9), date(2026, 2, 15)),
        (PaymentTerms(ON_DAY, 15, grace=5), date(2026, 2, 10), date(2026, 3, 15)),
        (PaymentTerms(ON_DAY, 1, grace=2), date(2026, 1, 31), date(2026, 3, 1)),
    ],
)
def test_due_dates(terms: PaymentTerms, issued: date, due: date) -> None:
    assert terms.due_date(issued) == due


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (PaymentTerms(AFTER, 30), "30 days after the invoice date"),
        (PaymentTerms(AFTER, 1), "1 day after the invoice date"),
        (PaymentTerms(AFTER, 0), "on receipt"),
        (PaymentTerms(MONTH_END, 14), "14 days after the end of the invoice month"),
        (PaymentTerms(MONTH_END, 0), "end of month"),
        (PaymentTerms(OF_MONTH, 31), "the last day of the invoice month"),
        (PaymentTerms(OF_NEXT, 20), "the 20th of the following month"),
        (PaymentTerms(ON_DAY, 1, 2), "the 1st of the month, a month later if issued within 2 days of it"),
    ],
)
def test_words(terms: PaymentTerms, words: str) -> None:
    assert terms.words() == words


@pytest.mark.parametrize(("kind", "days", "grace"), [(AFTER, -1, 0), (OF_NEXT, 0, 0), (AFTER, 30, 5), (ON_DAY, 1, -1)])
def test_terms_that_make_no_sense(kind: TermsKind, days: int, grace: int) -> None:
    with pytest.raises(ValueError, match=r"terms|day 0"):
        PaymentTerms(kind, days, grace)


@given(
    st.builds(PaymentTerms, st.sampled_from([AFTER, MONTH_END, OF_NEXT, ON_DAY]), st.integers(1, 999)),
    st.dates(date(2000, 1, 1), date(2060, 12, 31)),
)
def test_only_terms_within_the_month_can_be_due_before_issue(terms: PaymentTerms, issued: date) -> None:
    assert terms.due_date(issued) >= issued
