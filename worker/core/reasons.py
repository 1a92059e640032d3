"""Every reason code with its one plain sentence for a bookkeeper.

Codes are stable (tests, JSON and docs use them); sentences may be reworded. `{names}` are filled from evidence.
"""

from functools import lru_cache

from worker.core.decisions import Reason

SENTENCES: dict[str, str] = {
    # excluded: duecourse will not chase these at all
    "never-contact": "On the never-contact list: {why}.",
    "factored": "Factored: this money is owed to the factor, so it is never chased to our own account.",
    "collects": "Collected by {method}{on}: nothing to ask for.",
    "rule": "Left out by a rule in the config: {why}.",
    "backlog": "Already overdue when duecourse started, and the backlog was left alone.",
    "too-small": "{net} is within the tolerance; not worth a message.",
    # held: a person has to say or do something
    "hold": "On hold{until}: {why}.",
    "group-hold": 'In the books\' contact group "{group}": not reminded.',
    "own-domain": "{email} is on the organisation's own domain: is this really a client?",
    "archived": "Archived in the books but still owes money: find out whom to ask.",
    "erased": "Marked for erasure in the books: never mailed.",
    "unknown-client": "The books show no client for this invoice.",
    "no-email": "No e-mail address: find out whom to ask.",
    "never-sent": "Never sent to the client: send the invoice first, a reminder would be the first it hears of it.",
    "delivery-problem": "The invoice did not reach the client ({problem}): send it again first.",
    "no-po": "This client needs a PO number and the invoice has no reference.",
    "no-due-date": "Its due date is missing or implausible ({due}): correct it in the books.",
    "reopened": "Paid or closed before and open again since {on}: a person should look before anyone asks for it.",
    "promise": "{who} said it would pay by {by}; nothing is sent before {until}.",
    "expected": "The books expect payment on {by}; nothing is sent before {until}.",
    "promise-twice": "A second promise was broken ({by}): talk to them.",
    "dispute": "Disputed: {reason}{review}.",
    "dispute-review": "Disputed, and the review date {review} has come: decide what happens.",
    "others-disputed": "{step} waits: {numbers} of theirs is disputed, and meanwhile the rest is asked for softly.",
    "uncertain": "Nobody knows whether the message of {on} arrived: resolve it first (duecourse resolve {key}).",
    "uncertain-old": "The message of {on} is unresolved after 10 business days: resolve it (duecourse resolve {key}).",
    "unmatched-money": "{money} from this client is not matched to an invoice and covers what is overdue: allocate it.",
    "credit-covers": "Credit of {credit} against {owed} overdue leaves {net} to ask for: allocate it.",
    "final-covered": "No final notice: {why}",
    "remainder": "Only {open} of {total} is left after a payment: a bank charge or a difference, not a debt to chase.",
    "deduction": "What is left is the stated deduction ({name}): not chased.",
    "stale-books": "The bank was last reconciled too long ago ({words}): harder steps wait.",
    "supplier": "We owe this client {amount} overdue ourselves: harder steps wait.",
    "changed-address": "The address changed from {old} to {new} since our last message: confirm it (approve {id}).",
    "no-next-action": "{step} must say what happens next: write it as `what happens next:` in the config.",
    "silent": "The last message bounced: find who pays before writing again.",
    "unanswered": "{count} messages went out and nobody answered: find who pays before anything harder.",
    "gone": "{sender} no longer works there, says an automatic reply: find who pays.",
    "reply": "{sender} replied on {on}: {text}",
    "reply-unread": "The reply of {on} was not dealt with: nothing harder before it was read ({text}).",
    "approval-deaf": "Nobody watches for replies, so {step} needs your yes: approve {id}.",
    "approval": "{step} needs your yes: approve {id}.",
    "refused": "{step} was refused on {on}; it will be proposed again later.",
    "task": "Waiting for a person: {what}.",
    "ladder-end": "The last step has been taken: decide what happens.",
    "quiet": "Quiet period until {until}: {why}.",
    "collection-missed": "The {method} of {on} did not bring this money: find out why (done ... failed).",
    "plan-missed": "Instalment {which} ({amount}, due {due}) did not come: talk to them.",
    "plan-broken": "A second instalment of the plan was missed; {which} ({amount}) was due {due}: decide what happens.",
    # waiting: something will happen by itself
    "not-yet": "Next: {step} on {on} ({why}).",
    "no-date": "Next: {step}, once {why} is known.",
    "window": "{step} is due; the mail window opens {on}.",
    "gap": "{step} is due, but the last contact was on {last}; the next may go on {on}.",
    "after-thanks": "{step} is due, but thanks went out on {last}; it waits until {on}.",
    "ceiling": "{step} is due, but this client already had {count} messages in {days} days.",
    "stagger": "{step} is due; after the quiet period messages restart over five business days, this one on {on}.",
    "again": "{step} is due, but they heard as much on {last}; it waits until {on}, and then takes along what is due.",
    "plan": "In an agreed plan: instalment {which} ({amount}) is due {due}; nothing is asked before.",
    "arranged-first": "{step} is due, but today's message is about something agreed; it comes after it.",
    "statement": "Next: {step} on {on}, with everything that is open.",
    "with-others": "Coming up; it will be mentioned in the next message about what is overdue.",
    "late": "The message of about {on} is still on its way, says a mail server; it is tried until {until}.",
    "away": "{sender} is away until {until}, says an automatic reply.",
    "deadline": "We asked for payment by {granted}; nothing more before {on}.",
    # chased
    "remind": "{step} goes today: {why}.",
    "asked": "{last} went on {last_on}; next: {step} on {on} ({why}).",
    "asked-end": "{last} went on {last_on}; it was the last step.",
    "listed": "Listed in today's message; its own next step is {step} on {on}.",
    # thanks
    "thank": "{amount} came in on {date}{why}.",
    "thank-later": "Thanks for {amount} will open the reminder of {on}.",
    "thank-tomorrow": "Thanks for {amount} wait until {on}: one message a day is enough.",
    "thank-hours": "Thanks for {amount} wait for the mail window ({on}).",
    # whole sweep
    "no-baseline": "The first live sweep of this organisation needs an approved baseline.",
    "no-backlog": "Choose what happens to invoices already overdue: backlog: chase, or backlog: leave.",
    "no-way-to-pay": "No way to pay is configured, so no message could say how.",
    "no-sender": "No sender is configured.",
    "demo-company": "These are a demo company's books: no real mail.",
    "clock-behind": "Today would be {today}, but {latest} is on record already: the clock is wrong, or was then.",
    "moved-clock": "--now moves the clock, so nothing may leave this machine.",
    "surprise": "{planned} clients would hear from us today where {expected} were expected: have a look first.",
    "surprise-first": "{planned} of {all} clients would get their first message ever: have a look first.",
    "stopped": "Stopped by a person: {why}.",
}


def reason(code: str, place: str = "", /, **evidence: object) -> Reason:
    """The reason with its sentence filled in. Raises KeyError for an unknown code or a missing value."""
    values = {key: str(value) for key, value in evidence.items()}
    return Reason(code, SENTENCES[code].format(**values), values, place)


@lru_cache(maxsize=4096)
def day_words(day: object) -> str:
    """A date as reasons write it (ISO text for None-safe evidence): `27 Mar 2026`."""
    return f"{day:%-d %b %Y}" if day is not None else "unknown"
