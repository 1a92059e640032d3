"""sandbox: a simulated company behind the platform's own HTTP interface, on this machine only."""

from datetime import datetime
from typing import Any

import click

from worker.commands.base import Desk, command


@command("sandbox", configured=False)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0 takes a free one.")
@click.option("--seed", type=int, default=None, help="Which story to tell.")
def sandbox_command(desk: Desk, port: int, seed: int | None) -> None:
    """Serve the simulated company on this machine until Ctrl-C; --now sets its moment."""
    from worker.app_sandbox import SANDBOX_SEED, sandbox_company
    from worker.clock import SystemClock

    now = SystemClock(desk.now).now()
    company = sandbox_company(now, SANDBOX_SEED if seed is None else seed)
    _serve(desk, company, now, port)


def _serve(desk: Desk, company: Any, now: datetime, port: int) -> None:
    import contextlib
    import signal
    import threading

    from connectors.sandbox.apps import REDIRECT
    from connectors.sandbox.limits import Limits
    from connectors.sandbox.server import serve
    from worker.app_sandbox import SANDBOX_PER_MINUTE
    from worker.commands.people import wrong
    from worker.report.terminal import FAINT, LOUD, TYPE, say

    try:
        running = serve(company, port=port, now=now, limits=Limits(minute=SANDBOX_PER_MINUTE))
    except OSError as error:
        raise wrong(f"port {port} cannot be used: {error.strerror}", "a free port", "try --port 0") from None
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())  # a background job of a shell never sees Ctrl-C
    out = desk.out()
    with running:
        say(out, f"{company.organisation.name}, as of {now:%Y-%m-%d %H:%M} UTC, at {running.url}", LOUD)
        say(out, f"  token endpoint  {running.url}/connect/token")
        say(out, f"  accounting API  {running.url}/api.xro/2.0")
        say(out, f"  tenant          {running.tenants[0]}")
        say(out, f"  client id       {running.client_id}")
        say(out, f"  client secret   {running.client_secret}   (good for this sandbox only)")
        say(out, f"  callback        {REDIRECT}   (registered with the app, to try duecourse connect)")
        say(out, "  in a config, under organisations: NAME:")
        say(out, f"    books: {{kind: sandbox, url: {running.url}, tenant: {running.tenants[0]}}}", TYPE)
        say(out, f"  then: duecourse preview --now {now:%Y-%m-%dT%H:%M}+00:00", TYPE)
        say(out, "Ctrl-C stops it.", FAINT)
        out.file.flush()
        with contextlib.suppress(KeyboardInterrupt):
            stopped.wait()
        say(out, "Stopped.")
