"""The simulated company, for organisations whose books are a sandbox: the one every demo shows, or one at a URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from worker.config.values import SandboxBooks
from worker.errors import ConfigError, Problem

if TYPE_CHECKING:
    from connectors.sandbox.company import Company

SANDBOX_PER_MINUTE = 6000
"""Nobody should wait for a simulated platform's minute."""

SANDBOX_ZONE = "Europe/London"
"""Where the simulated company is; its QuickBooks face does not say."""

SANDBOX_SEED = 7
"""The one company every demo shows; its story has one first day, so any two demonstrations agree."""
SANDBOX_CLIENTS = 72
SANDBOX_INVOICES_A_MONTH = 320


@contextmanager
def sandbox_options(books: SandboxBooks, now: datetime) -> Iterator[dict[str, object]]:
    """Connection options of a sandbox: the one at its URL, else one served in this process for as long as needed."""
    if books.url:
        yield _sandbox_face(books, books.url.rstrip("/"), books.tenant)
        return
    from connectors.sandbox.limits import Limits
    from connectors.sandbox.server import serve

    with serve(sandbox_company(now), now=now, limits=Limits(minute=SANDBOX_PER_MINUTE)) as running:
        yield _sandbox_face(books, running.url, books.tenant or running.tenants[0])


def _sandbox_face(books: SandboxBooks, base: str, tenant: str) -> dict[str, object]:
    """How to reach one organisation of a sandbox in the shape of a platform."""
    from connectors.sandbox.apps import CLIENT_ID, CLIENT_WORD

    known: dict[str, object] = {"client_id": CLIENT_ID, "client_secret": CLIENT_WORD}
    if books.face == "quickbooks":
        from connectors.sandbox.quickbooks_face import TOKEN, standing_consent

        if not tenant:
            found, expected = "a QuickBooks-shaped sandbox without a tenant", "the id that duecourse sandbox prints"
            raise ConfigError([Problem("books", found, expected, "add tenant:")])
        realm, consent = standing_consent(tenant)
        reached = {"api_url": base, "token_url": f"{base}{TOKEN}", "zone": SANDBOX_ZONE}
        unhurried = {"per_minute": SANDBOX_PER_MINUTE, "per_second": SANDBOX_PER_MINUTE}
        return {**known, **reached, **unhurried, "realm": realm, "refresh_token": consent}
    reached = {"identity_url": f"{base}/connect/token", "api_url": f"{base}/api.xro/2.0"}
    return {**known, **reached, "tenant": tenant, "per_minute": SANDBOX_PER_MINUTE}


def sandbox_company(now: datetime, seed: int = SANDBOX_SEED) -> "Company":
    """The simulated company as every demo tells its story, up to the day after `now`."""
    from connectors.sandbox.company import DEFAULT_START, Company

    return Company.simulate(
        seed,
        DEFAULT_START,
        now.date() + timedelta(days=1),
        clients=SANDBOX_CLIENTS,
        invoices_per_month=SANDBOX_INVOICES_A_MONTH,
    )
