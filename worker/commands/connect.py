"""connect and disconnect: a person's consent to read an organisation's books, asked for and given back."""

from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.consent import Tenant
    from worker.app import App
    from worker.consents.connect import Connected
    from worker.consents.disconnect import Farewell
    from worker.consents.spot import Spot

_ORG = click.argument("organisation", metavar="ORG")


@command("connect", json=True)
@click.argument("platform", type=click.Choice(["xero", "quickbooks"]))
@_ORG
@click.option("--paste", is_flag=True, help="Print the address; paste the answer here. For machines without a browser.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser; wait for the one you open yourself.")
@click.option("--tenant", default="", help="Which organisation is meant, when the consent covers several: id or name.")
def connect_command(desk: Desk, platform: str, organisation: str, paste: bool, no_browser: bool, tenant: str) -> None:
    """Ask in the browser for consent to read an organisation's books, and keep it."""
    from worker.consents.connect import connect

    with _app(desk) as app:
        spot = _spot(app, organisation, platform)
        asks = paste or not _comes_back(spot)
        show = _shown(platform, pasted=asks, browser=not (no_browser or asks))
        found = connect(app, spot, show, _pasted if asks else None, tenant, _chooser())
    if desk.as_json:
        desk.print_json(_data(organisation, platform, found))
    else:
        _tell(desk, organisation, found)


def _app(desk: Desk) -> "App":
    """The app without progress bars, which would get in the way of questions."""
    from worker.app import App
    from worker.clock import SystemClock

    return App(desk.practice(), SystemClock(desk.now))


def _spot(app: "App", name: str, platform: str = "") -> "Spot":
    """Where the organisation's consent belongs. Raises ConfigError when it needs none, or one of another platform."""
    from worker.commands.people import wrong
    from worker.consents.spot import spot_of

    (organisation,) = app.organisations([name])
    spot = spot_of(app, organisation)
    if spot is None:
        kind = organisation.books.kind
        todo = "run duecourse sandbox and write its url:" if kind == "sandbox" else "nothing needs doing"
        raise wrong(f'the books of "{name}" (kind: {kind}) need no consent', "books read by a person's consent", todo)
    if platform and spot.kind != platform:
        raise wrong(f'the books of "{name}" are {spot.kind}', f"duecourse connect {spot.kind} {name}")
    if platform and spot.options.get("refresh_token"):
        todo = 'remove "refresh token from" below books:, then connect'
        raise wrong(f'"{name}" has a refresh token of its own in the settings', "one consent", todo)
    return spot


def _comes_back(spot: "Spot") -> bool:
    """Whether the browser can come back to this machine: the callback address says so."""
    from connectors.consent import is_loopback

    return is_loopback(str(spot.options["redirect"]))


def _shown(platform: str, *, pasted: bool, browser: bool) -> "Callable[[str], None]":
    """Everything but the result goes to standard error, so that --json stays one document."""
    name = {"xero": "Xero", "quickbooks": "QuickBooks"}[platform]

    def show(url: str) -> None:
        import webbrowser

        opened = browser and webbrowser.open(url)
        if opened:
            click.echo(f"{name}'s page is open in your browser. If it is not, open this address:\n\n{url}\n", err=True)
        else:
            click.echo(f"Open this address in a browser:\n\n{url}\n", err=True)
        if pasted:
            click.echo(
                "Allow it there. The browser then goes to the app's callback address: paste that address here, whole,"
                "\nor what the page there shows.",
                err=True,
            )
        else:
            click.echo("Waiting for your answer there, five minutes at most (Ctrl-C stops) ...", err=True)

    return show


def _pasted() -> str:
    return str(click.prompt("Answer", prompt_suffix=": ", err=True))


def _chooser() -> "Callable[[Sequence[Tenant]], Tenant] | None":
    """Ask which organisation is meant, where somebody is there to answer."""
    import sys

    if not sys.stdin.isatty():
        return None

    def choose(found: "Sequence[Tenant]") -> "Tenant":
        click.echo("The consent covers several organisations:", err=True)
        for number, one in enumerate(found, 1):
            click.echo(f"  {number}  {one.name}  ({one.id})", err=True)
        picked: int = click.prompt("Which one is meant", type=click.IntRange(1, len(found)), err=True)
        return found[picked - 1]

    return choose


def _tell(desk: Desk, organisation: str, found: "Connected") -> None:
    from worker.report.terminal import LOUD, OUT, TYPE, say

    out = desk.out()
    say(out, f'Connected: "{organisation}" reads {found.tenant.name} ({found.tenant.id}).', OUT)
    if found.lines:
        say(out, "Write below books: in the config, or its books will not be found:", LOUD)
        for name, line in found.lines:
            say(out, f"  {name}:  {line}", TYPE)
    for one in found.spares:
        say(out, f"The consent also covers {one.name} ({one.id}), which nobody here reads. It may count in your plan.")
    for note in found.notes:
        say(out, note)
    say(out, f"Next: duecourse preview {organisation}{desk.again}")


def _data(organisation: str, platform: str, found: "Connected") -> dict[str, object]:
    return {
        "schema": 1,
        "organisation": organisation,
        "platform": platform,
        "connection": found.connection,
        "tenant": {"id": found.tenant.id, "name": found.tenant.name},
        "unused": [{"id": one.id, "name": one.name} for one in found.spares],
        "write": dict(found.lines),
        "notes": list(found.notes),
    }


@command("disconnect")
@_ORG
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--forget", is_flag=True, help="Forget it here only, without asking the platform (it is dead there).")
def disconnect_command(desk: Desk, organisation: str, dry_run: bool, yes: bool, forget: bool) -> None:
    """End an organisation's connection at the platform (while it lasts it may cost money), then forget it here."""
    from worker.consents.disconnect import disconnect, farewell
    from worker.consents.spot import consenting_of
    from worker.errors import BooksError, BooksUnavailable
    from worker.report.terminal import FAINT, OUT, say

    with _app(desk) as app:
        spot = _spot(app, organisation)
        parting = farewell(app, spot)
        leave = consenting_of(app, spot).leave
        for line in _plan(parting, here_only=forget):
            say(desk.out(), line)
        if dry_run:
            say(desk.out(), "Nothing was done (--dry-run).", FAINT)
            return
        if not yes:
            click.confirm("Go on?", abort=True, err=True)
        try:
            done = disconnect(app, parting, here_only=forget)
        except BooksUnavailable as error:
            raise type(error)(f"{error.what} Nothing was forgotten here.", "Try again later.") from None
        except BooksError as error:
            todo = f"{leave} Then: duecourse disconnect {organisation} --forget"
            raise type(error)(f"{error.what} Nothing was forgotten here.", todo) from None
    for line in done:
        say(desk.out(), line, OUT)


def _plan(parting: "Farewell", *, here_only: bool) -> list[str]:
    """What is about to happen, in sentences."""
    spot = parting.spot
    name, shared = f"{parting.tenant_name} ({parting.tenant})", ", ".join(parting.shared)
    lines = [f'"{spot.organisation}" reads {name} by the connection "{spot.connection}".']
    if here_only:
        lines.append("It will be forgotten here; the platform is not asked, and may go on counting it.")
    elif parting.elsewhere:
        lines.append(f"{shared} reads the same books, so nothing will end at the platform.")
    else:
        lines.append("It will be ended at the platform: reading it again takes a new consent.")
    if parting.shared:
        lines.append(f"The connection itself stays for {shared}.")
    return lines
