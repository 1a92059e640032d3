"""QuickBooks' refusals: which of them pass, which need a person, and what to say of each."""

from connectors.http import LONGEST_WAIT, NEXT_SWEEP, PassingError, Reply, seconds
from connectors.quickbooks import faults
from connectors.quickbooks.faults import Fault
from worker.errors import BooksError, BooksGarbled, BooksUnavailable, ConnectionBroken

PLATFORM = "QuickBooks"
THROTTLED_WAIT = 60.0  # seconds; Intuit, "Limits and throttles"
_JITTER = 5.0
_REPORT = "Report this: it is a request QuickBooks does not understand."
_SPENT = "Look at the app's usage in Intuit's developer portal: calls come back next month, or with a larger plan."


class Missing(BooksGarbled):
    """610: what was asked for is not in these books."""


class BadRow(BooksGarbled):
    """One row among those asked for cannot be delivered, and takes the whole answer with it."""


class TooOld(BooksGarbled):
    """Changes are kept for thirty days; these were asked for from before."""


def judge(reply: Reply, what: str) -> PassingError | BooksError | None:
    """What the general rules of HTTP cannot know: throttling in any shape, a month's calls used up, a spoilt page."""
    fault = fault_in(reply)
    if reply.status == 429 or (fault and fault.code in faults.THROTTLED):
        if fault and fault.spent:
            return BooksUnavailable(f"This month's calls to {PLATFORM} are used up{reply.mark()}.", _SPENT)
        given = seconds(reply.headers.get("Retry-After", ""))
        wait = THROTTLED_WAIT + _jitter(reply.trace) if given is None else given
        error = BooksUnavailable(
            f"{PLATFORM} throttles us ({reply.status}) when asked for {what}{reply.mark()}.",
            f"The next sweep tries again; should it go on, the month's calls may be used up. {_SPENT}",
            wait,
        )
        return error if wait > LONGEST_WAIT else PassingError(error, wait)
    if reply.status >= 500 and fault and fault.code in faults.BAD_ROW:
        return PassingError(refused(reply, fault, what))
    return None


def _jitter(trace: str) -> float:
    """Up to five seconds, so that many workers do not come back as one; from the platform's own id, not from chance."""
    return sum(trace.encode()) % 100 / 100 * _JITTER


def fault_in(reply: Reply) -> Fault | None:
    """The fault in a reply. An answer of 200 may hold one too, but is searched only if it looks like it."""
    fine = 200 <= reply.status < 300
    if fine and not (b'"Fault"' in reply.body or b'"fault"' in reply.body or b"<Fault" in reply.body):
        return None
    return faults.fault_of(reply.body)


def refused(reply: Reply, fault: Fault | None, what: str) -> BooksError:
    """The error that a refusal means, in words. Source of the codes: Intuit's page "Error codes"."""
    end, code = f"{reply.mark()}.", fault.code if fault else ""
    said = f" ({fault.said()})" if fault else f" ({reply.status})"
    if (found := _about_access(reply, code, what)) is not None:
        return found
    if code in faults.NOT_FOUND or (reply.status == 404 and not fault):
        return Missing(f"{PLATFORM} does not know {what}{end}", "Check the company's id and the address of the API.")
    if code in faults.BAD_ROW:
        return BadRow(
            f"{PLATFORM} could not deliver {what}{said}{end}",
            "One row spoils the answer: look for an invalid e-mail address or something made inactive on it.",
        )
    if fault and fault.old:
        return TooOld(f"{PLATFORM} no longer knows changes from so long ago{end}", "Everything is read again.")
    if reply.status >= 500 and reply.status != 501:
        return BooksUnavailable(f"{PLATFORM} could not answer{said} when asked for {what}{end}", NEXT_SWEEP)
    return BooksGarbled(f"{PLATFORM} refused to answer{said} when asked for {what}{end}", _REPORT)


def _about_access(reply: Reply, code: str, what: str) -> BooksError | None:
    end = f"{reply.mark()}."
    if code in faults.LAPSED:
        return ConnectionBroken(
            f"The company's {PLATFORM} subscription has lapsed, or this is the wrong environment{end}",
            "Ask its owner; sandbox companies need development keys and the sandbox address, real ones neither.",
        )
    if code in faults.NOT_ADMIN:
        return ConnectionBroken(
            f"Whoever connected {PLATFORM} may no longer do so{end}",
            "Somebody who administers the company must connect it again.",
        )
    if code in faults.NOT_YOURS or (reply.status == 403 and not code):
        return ConnectionBroken(
            f"{PLATFORM} does not let this connection see {what}{end}",
            "Check the company's id (realm) and that keys and address are both for production or both for a sandbox; "
            "if somebody disconnected the application, connect it again.",
        )
    if code in faults.NOT_NOW:
        return BooksUnavailable(
            f"{PLATFORM} could not check a fresh access token when asked for {what}{end}",
            "The next sweep tries again; should it go on, connect this organisation again.",
        )
    if reply.status == 401 or code in faults.EXPIRED:
        return ConnectionBroken(
            f"{PLATFORM} rejects even a fresh access token when asked for {what}{end}",
            "Connect this organisation again.",
        )
    return None
