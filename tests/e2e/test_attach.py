"""Invoices beside a reminder: off by default, few, and never a reason not to write."""

from email import policy
from email.parser import BytesParser
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.faults import Fault
from tests.e2e.conftest import Office
from worker.papers import filename

ATTACH = "    attach: invoice pdf\n"


def attached(office: Office) -> dict[str, list[str]]:
    """Names of the attachments, by letter."""
    found = {}
    for path in (office.folder / "outbox").glob("*.eml"):
        mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        parts = list(mail.iter_attachments())
        assert all(p.get_payload(decode=True).startswith(b"%PDF-") for p in parts)
        found[path.name] = [str(p.get_filename()) for p in parts]
    return found


def test_nothing_is_attached_by_default(office: Office) -> None:
    office.go_live()
    office("run")
    assert office.letters and not any(attached(office).values())


def test_small_messages_carry_their_invoices(office: Office) -> None:
    office.go_live(ATTACH)
    data = office("run", "--json").data["organisations"][0]
    numbers = {s["number"] for s in data["standings"]}
    found = attached(office)
    carried = [names for names in found.values() if names]
    assert carried and all(len(names) <= 3 for names in carried)
    assert {n.removeprefix("invoice-").removesuffix(".pdf") for names in carried for n in names} <= numbers
    usage = office("usage", "--json").data["organisations"][0]["purposes"]
    assert usage["pdf"]["answered"] == sum(map(len, carried)), "a call each, and none twice"


@pytest.mark.parametrize("kind", ["not found", "wrong type", "empty", "server error"])
def test_without_the_paper_the_message_goes(office: Office, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Whatever the printer says. Its calls are struck alone: they are the only ones that ask for a PDF."""
    from connectors.sandbox import xero_face
    from connectors.sandbox.faults import REPLACING, SPOILING

    office.go_live(ATTACH)
    printed = xero_face.XeroFace._printed

    def broken(self, request, tenant, fault):  # type: ignore[no-untyped-def]
        answer = printed(self, request, tenant, fault)
        if answer is None or kind not in {**REPLACING, **SPOILING}:
            return answer
        return SPOILING[kind](answer) if kind in SPOILING else REPLACING[kind](Fault(kind))

    monkeypatch.setattr(xero_face.XeroFace, "_printed", broken)
    monkeypatch.setattr("worker.clock.SystemClock.sleep", lambda self, seconds: None)
    data = office("run", "--json").data["organisations"][0]
    assert data["sent"] and not any(attached(office).values())
    assert any("goes without an invoice as PDF" in d["why"] for d in data["dropped"])


@given(st.text(max_size=80), st.text(max_size=20))
def test_a_filename_holds_nothing_but_letters_digits_and_dashes(number: str, ident: str) -> None:
    invoice = SimpleNamespace(number=number, id=ident)
    name = filename(invoice)  # type: ignore[arg-type]
    assert name.startswith("invoice-") and name.endswith(".pdf") and len(name) <= 80
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in name.removesuffix(".pdf"))
    assert filename(invoice, {name}) != name  # type: ignore[arg-type]
