"""Decisions and wording become letters."""

import email
import email.policy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.mail.letters import NOW
from worker.core.decisions import Reason, Remind, Thank
from worker.core.history import Advance
from worker.core.message import InvoiceLine, MessageModel, Rendered
from worker.core.money import Money
from worker.core.policy import Stage
from worker.core.settings import Address, Signature
from worker.mail.compose import REDIRECTED, LetterComposer, compose
from worker.mail.mime import prepared

MODEL = MessageModel(
    template="nudge",
    language="en",
    organisation="Larch Studio",
    payer="Fern & Co",
    greeting="Priya",
    signature=Signature("Ada Cole", "ada@books.example.com", "020 7946 0018"),
)
ADVANCE = Advance("i1", 1, "nudge", Decimal(5), "GBP")
REMIND = Remind(
    key="ab" * 32,
    payer_id="c1",
    step="nudge",
    stage=Stage.AFTER,
    to=(Address("priya@fern.example.org", "Priya"), Address("PRIYA@fern.example.org")),
    cc=(Address("ap@fern.example.org"), Address("priya@fern.example.org")),
    advances=(ADVANCE,),
    model=MODEL,
    reason=Reason("nudge", "due"),
)
THANK = Thank("cd" * 32, "c1", (Address("priya@fern.example.org"),), (), (), MODEL, Reason("thanks", "paid"))
SENDER = Address("accounts@Books.Example.com", "Larch Studio")


class Says:
    """Wording that says what it was given."""

    def render(self, model: MessageModel) -> Rendered:
        return Rendered(
            f"Invoices from {model.organisation}", f"Hello {model.greeting}\n", f"<body>{model.greeting}</body>"
        )


def composer(**changes: object) -> LetterComposer:
    return replace(LetterComposer(Says(), "larch", SENDER, (Address("copies@books.example.com"),)), **changes)


def line(invoice_id: str, due: date) -> InvoiceLine:
    money = Money(Decimal(5), "GBP")
    return InvoiceLine(invoice_id, "", None, due, "", money, money, False, 0, invoice_id=invoice_id)


def test_a_letter_of_a_reminder() -> None:
    letter = composer().compose(REMIND, 2)
    assert letter.message_id == f"{'ab' * 16}.2@books.example.com"
    assert letter.to == (Address("priya@fern.example.org", "Priya"),)
    assert letter.cc == (Address("ap@fern.example.org"),)
    assert letter.archive == (Address("copies@books.example.com"),)
    assert letter.reply_to == Address("ada@books.example.com", "Ada Cole")
    assert letter.headers == {"Auto-Submitted": "auto-generated"}
    message = email.message_from_bytes(prepared(letter, NOW), policy=email.policy.default)
    assert not message["Subject"].lower().startswith("re:")
    assert message["In-Reply-To"] is None


def test_one_conversation_a_payer_and_chase() -> None:
    old, new = line("i1", date(2026, 1, 5)), line("i2", date(2026, 2, 5))
    first = replace(REMIND, model=replace(MODEL, overdue=(new, old)))
    later = replace(REMIND, key="ef" * 32, step="firm", model=replace(MODEL, demanded=(old,), also_open=(new,)))
    other = replace(REMIND, model=replace(MODEL, overdue=(new,)))
    roots = [composer().compose(each, 1).references for each in (first, later, other, replace(first, payer_id="c2"))]
    assert roots[0] == roots[1]
    assert len(set(roots)) == 3
    assert composer(organisation="birch").compose(first, 1).references != roots[0]
    assert composer().compose(THANK, 1).references != composer().compose(REMIND, 1).references


def test_redirected_letters_reach_nobody_else_and_say_so() -> None:
    me = Address("me@books.example.com")
    letter = composer(redirect_to=me).compose(REMIND, 1)
    assert (letter.to, letter.cc, letter.archive) == ((me,), (), ())
    first = "Trying out: this would have gone to priya@fern.example.org, ap@fern.example.org."
    assert letter.text.startswith(first + "\n\nHello Priya")
    assert letter.html == f"<body><p><strong>{first}</strong></p>\nPriya</body>"
    assert letter.headers[REDIRECTED] == "priya@fern.example.org, ap@fern.example.org"
    prepared(letter, NOW)


def test_nobody_to_write_to_is_refused() -> None:
    with pytest.raises(ValueError, match="there is nobody to write to for c1"):
        composer().compose(replace(REMIND, to=()), 1)


@pytest.mark.parametrize(
    ("email_address", "why"),
    [
        ("a@x.example;b@y.example", "expected one address such as"),
        ("a@x.example\r\nBcc: b@y.example", "a line end or another control character"),
        ("team: a@x.example, b@y.example;", "expected one address such as"),
        ('"a b"@x.example', "expected one address such as"),
        ("a..b@x.example", "expected one address such as"),
        ("info@müller.example", "write the domain in its xn-- form"),
        ("a@localhost", "what follows the @ is not a domain"),
        ("a@-x.example", "what follows the @ is not a domain"),
        ("a" * 65 + "@x.example", "longer than an address may be"),
        ("a@" + "x." * 130 + "example", "longer than an address may be"),
        ("", "expected one address such as"),
    ],
)
def test_addresses_that_are_not_exactly_one_mailbox(email_address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        composer().compose(replace(REMIND, to=(Address(email_address),)), 1)


def test_names_are_made_inert() -> None:
    name = "Priya\r\nBcc: x@evil.example \u202egnp\u200b " + "x" * 80
    letter = composer().compose(replace(REMIND, to=(Address("priya@fern.example.org", name),)), 1)
    assert letter.to[0].name == ("Priya Bcc: x@evil.example gnp " + "x" * 80)[:64]
    prepared(letter, NOW)


def test_compose_takes_what_it_is_given() -> None:
    letter = compose(
        THANK,
        Rendered("Thank you", "t", "<p>h</p>"),
        sender=SENDER,
        reply_to=None,
        archive=(),
        redirect_to=None,
        attempt=1,
        domain="books.example.com",
        thread_root="root@books.example.com",
    )
    assert (letter.references, letter.reply_to, letter.cc) == (("root@books.example.com",), None, ())


def test_who_signs_may_send_from_and_be_answered_at_an_address_of_their_own() -> None:
    owner = replace(MODEL.signature, reply_to="replies@books.example.com", sender=Address("owner@books.example.com"))
    letter = composer().compose(replace(REMIND, model=replace(MODEL, signature=owner)), 1)
    assert letter.sender == Address("owner@books.example.com")
    assert letter.reply_to == Address("replies@books.example.com", "Ada Cole")
    plain = composer().compose(REMIND, 1)
    assert plain.sender.email.lower() == "accounts@books.example.com"
    assert letter.references == plain.references
