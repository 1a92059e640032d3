"""connect mailbox: a person's consent to send from, and read, a mailbox at Microsoft 365 or Google."""

from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.config.values import MailSettings, SignIn

_REDIRECT = {"microsoft": "http://localhost", "google": "http://127.0.0.1"}
"""Both providers let an application on a person's machine come back to any port of this address (RFC 8252, 7.3)."""


@command("connect-mailbox")
@click.argument("organisation", required=False, default="", metavar="[ORG]")
@click.option("--provider", type=click.Choice(["microsoft", "google"]), help="Which, when both are written.")
@click.option("--paste", is_flag=True, help="Print the address; paste the answer here. For machines without a browser.")
@click.option("--redirect", default="", help="The application's registered callback address, if it is another one.")
def connect_mailbox_command(desk: Desk, organisation: str, provider: str | None, paste: bool, redirect: str) -> None:
    """Ask in the browser for consent to a mailbox: ORG's own, or without ORG the practice's."""
    with desk.app() as app:
        mail = _mail(app, organisation)
        for signed in _sign_ins(mail, provider or ""):
            _connect(app, signed, redirect, paste=paste)
            _tell(desk, app, mail, signed)


def _mail(app: "App", organisation: str) -> "MailSettings":
    if not organisation:
        return app.practice.mail
    (found,) = app.organisations([organisation])
    return found.mail or app.practice.mail


def _sign_ins(mail: "MailSettings", provider: str) -> "list[SignIn]":
    """Who has to consent, each once. Raises ConfigError when nobody can."""
    from worker.commands.people import wrong

    ways = (mail.smtp.sign_in if mail.smtp else None, mail.imap.sign_in if mail.imap else None)
    by_consent = {(s.login, s.user.lower()): s for s in ways if s and s.login != "password"}
    found = [s for (login, _), s in by_consent.items() if provider in ("", login)]
    if not found:
        wanted = provider or "microsoft (or google)"
        have = ", ".join(f"login: {login}" for login, _ in by_consent) or "a password, or no mailbox at all"
        todo = f"write mail: {{mailer: smtp, smtp: {{login: {wanted}, user: ..., client id from: ...}}}} first"
        raise wrong(f"no mailbox here is opened by a consent to {wanted}: {have}", f"login: {wanted}", todo)
    for signed in found:
        if not signed.user:
            raise wrong("the practice's mail names no mailbox", "an organisation that has one", "add ORG")
        if signed.refresh_token:
            raise wrong(f'"{signed.user}" has a refresh token in the settings', "one consent", "remove it first")
    return found


def _connect(app: "App", signed: "SignIn", redirect: str, *, paste: bool) -> None:
    from connectors.mailbox import connect_mailbox
    from worker.app_mail import app_of

    def show(url: str) -> None:
        _show(signed, url, paste=paste)

    base = redirect or _REDIRECT[signed.login] + ("" if paste else ":0")
    connect_mailbox(app_of(signed), base, app.clock, app.tokens, show, _pasted if paste else None)


def _show(signed: "SignIn", url: str, *, paste: bool) -> None:
    """The address to open, and what to do there; on standard error, like everything but the result."""
    import webbrowser

    opened = not paste and webbrowser.open(url)
    where = "is open in your browser; if it is not, open this address" if opened else "is at this address"
    click.echo(f"{signed.login.title()}'s page {where}:\n\n{url}\n\nSign in there as {signed.user}.", err=True)
    if paste:
        click.echo("The browser ends at a page that does not load: paste its whole address here.", err=True)
    else:
        click.echo("Waiting for your answer there, five minutes at most (Ctrl-C stops) ...", err=True)


def _pasted() -> str:
    return str(click.prompt("Answer", prompt_suffix=": ", err=True))


def _tell(desk: Desk, app: "App", mail: "MailSettings", signed: "SignIn") -> None:
    """Say that it is kept, and whether the servers let us in with it: a wrong account shows here, not at dawn."""
    from worker.app_mail import app_of
    from worker.report.terminal import OUT, WRONG, say

    out = desk.out()
    say(out, f"Connected: {signed.user} at {signed.login.title()}; kept as {app_of(signed).name}.", OUT)
    for what, why in app.post.tried(mail, signed):
        say(out, f"  {what}: {why or 'lets us in'}", WRONG if why else OUT)
    say(out, f"Next: duecourse check --domain{desk.again}")
