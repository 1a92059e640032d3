"""A logbook with something of everything in it, and canaries where personal data lies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tests.logbook.values import (
    CLIENT,
    CREDIT,
    HARBOUR,
    HOUR,
    INVOICE,
    MINUTE,
    NOW,
    ORG,
    PAYMENT,
    read,
    remind,
    thank,
)
from worker.core.events import Event, EventKind
from worker.core.history import MessageState
from worker.core.message import Letter
from worker.core.receivable import Person
from worker.core.settings import Address
from worker.logbook import SqlLogbook
from worker.ports import Page

Places = Callable[[str], str]
DAY = timedelta(days=1)
CANARIES = ("Zebulon", "Quackenbush", "zeb@quackenbush.example.org", "ACC-7741", "0161-555-0199", "Zwiebelkuchen")
"""A name, its firm, its address, an account number, a number somebody wrote down, a word only a letter says."""
PERSON = "Zebulon Quackenbush"


def live_in(logbook: SqlLogbook, canary: bool = False) -> None:
    """Two organisations, messages in every kind of state, events, a lease that ran out. With `canary`, client c-1 is
    somebody who can be recognised."""
    name, email = (PERSON, CANARIES[2]) if canary else (CLIENT.name, CLIENT.email)
    people = (Person("Zebulon Q.", CANARIES[2], True),) if canary else ()
    client = replace(CLIENT, name=name, email=email, people=people, account_number="ACC-7741" if canary else "")
    work = "Zwiebelkuchen for Zebulon" if canary else "work"
    with logbook.reading(ORG, NOW) as writer:
        writer.add(Page(organisation=HARBOUR, clients=(client, replace(CLIENT, id="c-2", name="Mole & Sons"))))
        invoices = (replace(INVOICE, work=work, reference=name), replace(INVOICE, id="i-2", client_id="c-2"))
        writer.add(Page(invoices=invoices, payments=(replace(PAYMENT, reference=name),), credits=(CREDIT,)))
        writer.add(Page(warnings=(f"{name} has no address",)))
        writer.finish("w1", full=True)
    read(logbook, organisation="ridge", invoices=(INVOICE,))
    logbook.instance_id()
    logbook.remember_link(ORG, "i-1", "https://pay.example.com/1")
    _messages(logbook, Address(email, name), work)
    why = f"{name} rang from 0161-555-0199" if canary else "asked to"
    logbook.record(
        ORG,
        Event(EventKind.HOLD, NOW, "c-1", "o@example.com", {"why": why}),
        Event(
            EventKind.LOG, NOW, "c-2", data={"what": f"said that {name} went away", "on": "2026-03-01", "invoices": []}
        ),
        Event(EventKind.PASSED, NOW, "i-1", "sweep", {"round": 0, "step": "nudge", "on": "2026-03-01"}, key="once"),
        Event(EventKind.ADDRESS_OK, NOW, "c-1", "o@example.com", {"email": email}),
    )
    logbook.lease(ORG, "a", NOW - DAY, MINUTE)


def _messages(logbook: SqlLogbook, to: Address, work: str) -> None:
    ends = (MessageState.ACCEPTED, MessageState.UNCERTAIN, MessageState.REJECTED, None)
    for n, end in enumerate(ends):
        key = f"k{n}"
        logbook.plan(ORG, "s", replace(remind(f"i-{n + 1}", key=key), to=(to,)), NOW + n * MINUTE)
        claim = logbook.claim(ORG, key, "sweep", NOW, HOUR)
        assert claim
        letter = Letter(key, f"{key}.1@example.com", to, None, (to,), f"Invoice for {to.name}", work, f"<p>{work}")
        assert logbook.hand(ORG, claim, letter, f"To: {to.email}\n\n{work}".encode(), "outbox", NOW)
        if end:
            logbook.settle(ORG, key, end, NOW, detail=f"<{to.email}> said so")
    logbook.plan(ORG, "s", remind("i-8", key="k8"), NOW)
    logbook.settle(ORG, "k8", MessageState.CANCELLED, NOW)
    logbook.plan(ORG, "s", remind("i-8", key="k8"), NOW + DAY)
    logbook.plan("ridge", "s", thank(PAYMENT), NOW)
