"""Pull every open sales invoice of a Xero-shaped server as core values: `pull_xero.py PORT PAGE_SIZE`.

Prints one JSON line {"n": invoices, "cents": what they still owe}, for a harness that measures the whole process.
"""

import json
import sys
from datetime import UTC, datetime
from time import monotonic, sleep

from connectors.http import Session
from connectors.pace import Pace
from connectors.xero.api import DAY_LIMITS, PER_MINUTE, RATE_HEADERS, TRACE, XeroApi
from connectors.xero.reading import XeroReading
from worker.core.secret import Secret


class Wall:
    """A real clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    monotonic = staticmethod(monotonic)
    sleep = staticmethod(sleep)


class Given:
    """An access token that never ends, as the peers measured beside this one are given."""

    def access(self) -> Secret:
        return Secret("bench-access-token")

    def renew(self, rejected: Secret) -> Secret:
        return rejected


def main(port: int, size: int) -> None:
    clock = Wall()
    pace = Pace(clock, "Xero", PER_MINUTE, DAY_LIMITS, RATE_HEADERS)
    session = Session(clock, "Xero", pace=pace, trace=TRACE)
    api = XeroApi(session, Given(), "11111111-1111-4111-8111-111111111111", f"http://127.0.0.1:{port}/api.xro/2.0")
    reading = XeroReading(api, None, clock.now(), (), size)
    invoices = [invoice for page in reading.invoices() for invoice in page.invoices]
    print(json.dumps({"n": len(invoices), "cents": int(sum(i.open for i in invoices) * 100)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
