"""A call comes with what to say and what was said before; nothing of anybody else."""

from dataclasses import replace
from datetime import date

from tests.core import build
from worker.core.call import call_lines
from worker.core.decide import decide
from worker.core.decisions import Task
from worker.core.history import Contacted, History, MessageState


def test_a_call_has_its_words_and_its_history() -> None:
    item = build.invoice("A1", "2026-01-10", "900.00", issued="2025-12-10")
    bounced = build.sent("2026-01-30", "nudge", "A1", state=MessageState.BOUNCED)
    past = History(
        messages=(bounced, build.sent("2026-02-10", "ask", "A1"), build.sent("2026-02-11", "ask", "B1", payer="birch")),
        contacts=(Contacted("birch", date(2026, 2, 12), "secret"),),
    )
    books = build.books(item, clients=(build.client(first_name="Ann", last_name="Lee"),), read="2026-03-10")
    settled = replace(build.settings(), display_name="Birch & Sons")
    plan = decide(books, settled, past, build.as_of("2026-03-10"))
    (task,) = [d for d in plan.decisions if isinstance(d, Task) and d.kind == "phone"]
    lines = call_lines(task, books, settled, past)
    assert lines[0] == ("ask for", "Ann Lee")
    assert ("about", "INV-A1, GBP 900.00, due 10 Jan 2026") in lines
    assert [w for k, w in lines if k == "before"] == [
        "30 Jan 2026: nudge: did not arrive",
        "10 Feb 2026: ask by e-mail",
    ]
    assert "secret" not in str(lines)
    assert any(k == "say" and w.startswith("This is Birch & Sons.") for k, w in lines)
