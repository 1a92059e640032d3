"""The preview page of a run: what the sweeps answered, and what the logbook knows beside it, written to a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.app import App
    from worker.config.values import OrganisationConfig
    from worker.core.decisions import Remind, Thank
    from worker.core.message import MessageModel, Rendered
    from worker.core.results import SweepResult
    from worker.ports import Wording
    from worker.report.page.book import Book, Firm
    from worker.report.page.source import Paper, Source
    from worker.report.simulation import Played

QUICK = 500
"""Open invoices up to which an ordinary run works out the forecast for the page: beyond, a preview does."""
WEEKS = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a page is to be made. `thorough`: with the forecast, however long it takes; `again`: what commands that are
    shown need besides; `compared`: courses under another policy, by organisation."""

    folder: Path
    mode: str
    again: str = ""
    thorough: bool = True
    compared: "Sequence[Played]" = ()


def write_page(app: "App", results: "Sequence[SweepResult]", wanted: Wanted) -> str:
    """Write the page and answer where it begins, or why there is none ("" when nothing was looked at). A page never
    fails a run."""
    from worker.commands.base import details
    from worker.report.page.book import pages
    from worker.report.page.words import folder_name
    from worker.report.page.write import NotOurs, write

    looked = [r for r in results if not r.excused]  # of the others an earlier page is truer than an empty one
    if not looked:
        return ""
    try:
        book = _book(app, looked, wanted)
        keep = [folder_name(name) for name in book.others or ()]
        return f"page: {write(wanted.folder, pages(book), keep)}"
    except NotOurs as error:
        return f"The page was not written: {error}. Name another folder with --page, or with page: in the config."
    except OSError as error:
        return f"The page was not written to {wanted.folder}: {error.strerror or error}."
    except Exception as error:  # by now messages may have left: what became of them is said, whatever the page does
        what = f"{type(error).__name__}. This is a mistake in duecourse; the details are in {details()}"
        return f"The page was not written: {what}, which may name clients."


def _book(app: "App", results: "Sequence[SweepResult]", wanted: Wanted) -> "Book":
    from worker.report.page.book import Book
    from worker.report.page.words import folder_name

    practice = len(app.practice.organisations) > 1
    seen = {r.organisation for r in results}
    left = [o.name for o in app.practice.organisations if o.name not in seen]
    others = {name: (wanted.folder / folder_name(name) / "index.html").is_file() for name in left}
    firms = [_firm(app, r, wanted) for r in results]
    made = app.clock.now().astimezone()
    return Book(firms, made, wanted.mode, practice, others, app.practice.mail.redirect_all_to)


def _firm(app: "App", result: "SweepResult", wanted: Wanted) -> "Firm":
    from worker.report.page.book import Firm

    if result.skipped or result.plan is None or result.snapshot is None or result.settings is None:
        return Firm(result)
    (organisation,) = app.organisations([result.organisation])
    source = _source(app, organisation, result, wanted)
    played = next((p for p in wanted.compared if p.organisation == result.organisation), None)
    if played is None:
        return Firm(result, source)
    from worker.report.page.changes import changes_page

    return Firm(result, source, changes_page(played, source.title, source.pages))


def _source(app: "App", organisation: "OrganisationConfig", result: "SweepResult", wanted: Wanted) -> "Source":
    from worker.core.events import EventKind
    from worker.digests.record import since_when
    from worker.report.forecast import forecast_of
    from worker.report.page.source import Source

    plan, snapshot, settings = result.plan, result.snapshot, result.settings
    assert plan is not None and snapshot is not None and settings is not None
    name, book = organisation.name, app.logbook
    history = book.history(name, settings.zone)
    learnt = app.learnt(organisation, snapshot, plan.as_of.day)
    quick = wanted.thorough or len(plan.standings) <= QUICK
    return Source(
        result,
        snapshot,
        settings,
        plan,
        history,
        learnt,
        forecast_of(snapshot, learnt, WEEKS, history.promises) if quick else None,
        book.messages(name),
        book.events(name, kind=EventKind.LOG),
        _worded(app, organisation, result),
        wanted.again,
        f" --org {name}" if len(app.practice.organisations) > 1 else "",
        since_when(app, name),
    )


def _worded(
    app: "App", organisation: "OrganisationConfig", result: "SweepResult"
) -> "Callable[[Remind | Thank], Paper]":
    """Makes the message of a decision as it will look, attachments only named."""
    from worker.app_mail import composer_of
    from worker.core.settings import Address
    from worker.errors import ConfigError
    from worker.report.page.source import Paper

    settings, snapshot = result.settings, result.snapshot
    assert settings is not None and snapshot is not None
    try:
        mail = organisation.mail or app.practice.mail
        composer = composer_of(mail, settings, snapshot.organisation.id, _Plain(app.wording(settings)))
    except ConfigError as error:
        trouble = str(error)
        return lambda _: Paper(trouble=trouble)

    def shown(address: Address) -> str:
        return f"{address.name} <{address.email}>" if address.name else address.email

    def worded(decision: "Remind | Thank") -> Paper:
        try:
            letter = composer.compose(decision, 1)
        except ValueError as error:
            return Paper(trouble=str(error))
        return Paper(
            letter.subject,
            letter.text,
            letter.html,
            shown(letter.sender),
            tuple(map(shown, letter.to)),
            tuple(map(shown, letter.cc)),
            shown(letter.reply_to) if letter.reply_to else "",
            ("a statement of account (PDF)",) if decision.model.statement else (),
        )

    return worded


@dataclass(frozen=True, slots=True)
class _Plain:
    """A wording without what it carries: drawing a statement for nobody takes longer than all the rest."""

    wording: "Wording"

    def render(self, model: "MessageModel") -> "Rendered":
        return self.wording.render(model)

    def attachments(self, model: "MessageModel") -> tuple[()]:  # noqa: ARG002 - the port names it
        return ()
