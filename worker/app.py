"""The composition root: from a loaded configuration to concrete objects, and one run over its organisations.

The only module that names concrete classes. The CLI, the handlers and the fleet all come through here.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from worker.afterwards import look_after, watching
from worker.app_mail import Post, composer_of, copied, warned
from worker.app_replies import Ear, listening
from worker.app_sandbox import sandbox_options
from worker.budget import budgeted
from worker.clock import SystemClock
from worker.config.source import guess
from worker.config.values import (
    CsvBooks,
    OrganisationConfig,
    Practice,
    QuickBooksBooks,
    SandboxBooks,
    XeroBooks,
)
from worker.connections import Links, budget_of, saved_connections, unsaved
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult, counts_of
from worker.core.secret import Secret
from worker.core.settings import Mode, OrganisationSettings
from worker.digests.bulletin import obey, tell
from worker.digests.record import note_standings
from worker.digests.timing import stoppable
from worker.errors import ConfigError, DuecourseError, Problem, Refused
from worker.forgetting import forgotten
from worker.halt import Halt
from worker.holder import is_dead, me
from worker.memory import rare_collections
from worker.metering import asked_of, metered
from worker.ports import Books, Composer, Mailer, Ping, Progress, Reach
from worker.quiet import hush
from worker.sweep import Outfit, sweep

if TYPE_CHECKING:
    from connectors.budget import Budget, Pool
    from worker.core.inference.learn import Learnt
    from worker.core.inference.spared import Spared
    from worker.logbook.store import SqlLogbook
    from worker.vault.tokens import SealedTokens
    from worker.wording.render import Templates

STOP_FILE = "STOP"
"""A file of this name in the state folder is the kill switch; its text is the reason."""


class Quiet:
    """A Progress that shows nothing."""

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """Nothing."""


@dataclass
class App:
    """Everything one command or invocation works with. Use as a context manager; it closes what it opened."""

    practice: Practice
    clock: SystemClock = field(default_factory=SystemClock)
    progress: Progress = field(default_factory=Quiet)
    halt: Halt = field(default_factory=Halt)
    pool: "Pool | None" = None
    """What several of these in one process hold together of limits shared with other processes."""
    _logbook: "SqlLogbook | None" = None
    _closing: list[Callable[[], None]] = field(default_factory=list)
    _deaf: dict[str, bool] = field(default_factory=dict)

    def __enter__(self) -> "App":
        if self.practice.mode is Mode.LIVE:
            hush()
        return self

    def __exit__(self, *_: object) -> None:
        for close in reversed(self._closing):
            close()
        self._closing.clear()

    @property
    def logbook(self) -> "SqlLogbook":
        """The logbook, opened (and migrated) on first use. Raises LogbookError."""
        if self._logbook is None:
            from worker.logbook.store import open_logbook

            self._logbook = open_logbook(self.practice.logbook_location)
            self._closing.append(self._logbook.close)
        return self._logbook

    def run(self, names: Sequence[str] = (), *, deliver: bool, alone: bool = True) -> tuple[SweepResult, ...]:
        """Sweep the named organisations (all when none is named), one after the other; one's trouble is its own.

        `deliver` false is a preview whatever the mode; `alone` false leaves ping and alerts to the caller.
        Raises Refused when this instance may not go live.
        """
        chosen = self.organisations(names)
        live = deliver and self.practice.mode is Mode.LIVE
        mailers = self.mailers(chosen)
        ping, run_id = self.ping(watched=live and alone), uuid4().hex[:12]
        with watching(ping, run_id), rare_collections():
            for mailer in mailers.values() if live else ():
                self.check_instance(mailer)
            if live and alone:
                obey(self)
            turns = enumerate(self._longest_waiting_first(chosen), 1)
            erased = {o.name: self._forget(o, deliver) for o in chosen}
            swept = tuple(
                warned(self._one(o, mailers[o.name], f"{run_id}-{n}", deliver=live), *erased[o.name]) for n, o in turns
            )
            results = budgeted(self, swept)
            if live:
                note_standings(self, results)
            if live and alone:
                tell(self)
                look_after(self.logbook, self.practice, self.clock.now(), results, counts_of(results))
        ok = not any((r.skipped and not r.excused) or r.broken for r in results)
        ping.finish(run_id, ok, counts_of(results))
        return results

    def _one(self, organisation: OrganisationConfig, mailer: Mailer, sweep_id: str, *, deliver: bool) -> SweepResult:
        name = organisation.name
        if why := self.halt.before_start():
            return SweepResult(
                name, sweep_id, "live" if deliver else "preview", skipped=f"Not begun: {why}.", left=True
            )
        try:
            leased = self.logbook.leased_to(name)
            if leased and is_dead(leased):
                self.logbook.unlease(name, leased)
            mail = organisation.mail or self.practice.mail
            unheard = Ear(self.logbook, self.clock, self.post, organisation, mail, deliver).listen()
            self._deaf[name] = bool(unheard)
            with self.books(organisation) as books:
                result = sweep(self.outfit(organisation, books, mailer, deliver=deliver), sweep_id)
                result = replace(result, asked=asked_of(books))
            return warned(result, unheard, copied(mailer))
        except DuecourseError as error:
            return SweepResult(name, sweep_id, "live" if deliver else "preview", skipped=str(error))

    def _forget(self, organisation: OrganisationConfig, deliver: bool) -> tuple[str, ...]:
        """Erase whom the configuration asks to, before anything else is done; what is to be said about it."""
        ids = organisation.written.forget
        return tuple(forgotten(self.logbook, organisation.name, ids, self.clock.now(), really=deliver)) if ids else ()

    def _longest_waiting_first(self, chosen: Sequence[OrganisationConfig]) -> Sequence[OrganisationConfig]:
        """Where time may run out, those read longest ago come first, so that nobody is left out twice in a row."""
        if self.halt.left is None:
            return chosen
        return sorted(chosen, key=lambda o: self.logbook.read_at(o.name) or datetime.min.replace(tzinfo=UTC))

    def outfit(self, organisation: OrganisationConfig, books: Books, mailer: Mailer, *, deliver: bool) -> Outfit:
        """What one sweep needs."""
        return Outfit(
            organisation=organisation.name,
            books=books,
            logbook=self.logbook,
            mailer=mailer,
            clock=self.clock,
            progress=self.progress,
            holder=me(),
            resolve=partial(stoppable, self, organisation) if deliver else partial(self.resolve, organisation),
            composer=self.composer,
            stopped=lambda: self.stopped() or self.halt.now(),
            halted=self.halt.now,
            deliver=deliver,
            clock_moved=self.clock.moved,
        )

    def organisations(self, names: Sequence[str] = ()) -> tuple[OrganisationConfig, ...]:
        """The organisations with these names, in the config's order. Raises ConfigError for an unknown name."""
        known = {o.name: o for o in self.practice.organisations}
        unknown = [n for n in names if n not in known]
        if unknown:
            raise ConfigError(
                [
                    Problem("command line", f'no organisation "{n}"', ", ".join(sorted(known)), guess(n, known))
                    for n in unknown
                ]
            )
        return tuple(o for o in self.practice.organisations if not names or o.name in names)

    def check_instance(self, mailer: Mailer) -> None:
        """A logbook that was copied or restored must not send: real mail needs the config to name this very logbook.

        Raises Refused.
        """
        stated, actual = self.practice.instance, self.logbook.instance_id()
        if stated and stated != actual:
            why = self.logbook.instance_why() or "a copy or another machine's"
            raise Refused(
                f"The config is for the logbook {stated}, but this one is {actual}: {why}. "
                f"Nothing was sent. If this one is right, write instance: {actual}"
            )
        if not stated and mailer.reach is Reach.OUTSIDE:
            raise Refused(
                "Real mail needs the config to name its logbook, so that a copy of it can never send. "
                f"Nothing was sent. Add this line to config.yaml: instance: {actual}"
            )

    def stopped(self) -> str:
        """Why to stop at once: the config's `stopped:` or the kill switch file; "" to go on."""
        if self.practice.stopped:
            return self.practice.stopped
        try:
            return (self.practice.state / STOP_FILE).read_text(encoding="utf-8").strip() or "the STOP file"
        except OSError:
            return ""

    # -- parts -------------------------------------------------------------------------------------------------------

    def resolve(self, organisation: OrganisationConfig, snapshot: Snapshot, day: date) -> OrganisationSettings:
        """Settings for the clients just read, with learnt payment runs where none is written. Raises ConfigError."""
        from worker.core.inference.learn import with_learnt

        owing = {snapshot.survivor(i.client_id) for i in snapshot.invoices if i.is_open}
        mail, deaf = organisation.mail or self.practice.mail, self._deaf.get(organisation.name, False)
        learnt = self.learnt(organisation, snapshot, day)
        settled = with_learnt(learnt, owing)
        self.keep(organisation, learnt)
        return replace(settled, listening=listening(self.practice.mode, mail, failed=deaf))

    def keep(self, organisation: OrganisationConfig, learnt: "Learnt") -> None:
        """Keep what had to be inferred anew, so that the next sweep need not."""
        if learnt.fresh:
            self.logbook.keep_cycles(organisation.name, learnt.fresh)
            learnt.fresh.clear()

    def learnt(self, organisation: OrganisationConfig, snapshot: Snapshot, day: date) -> "Learnt":
        """What payments say of each payer's cycle, beside the settings as written. Raises ConfigError."""
        from worker.calendars import calendar_for
        from worker.config.resolve import resolve
        from worker.core.events import EventKind
        from worker.core.inference.learn import LOOKED_BACK, learn
        from worker.core.recorded_pauses import with_pauses
        from worker.core.recorded_runs import with_recorded

        settings = resolve(organisation, snapshot, day, calendar_for)
        settings = with_recorded(settings, self.logbook.events(organisation.name, kind=EventKind.PAYS))
        name = organisation.name
        pauses = (e for kind in (EventKind.PAUSE, EventKind.RESUME) for e in self.logbook.events(name, kind=kind))
        settings = with_pauses(settings, sorted(pauses, key=lambda e: e.id))
        return learn(settings, self.logbook.paid(name, day - LOOKED_BACK), day, self.logbook.cycles(name))

    def waits(self, organisation: OrganisationConfig, day: date) -> "Spared":
        """What waiting for payment runs spared so far, and the days it cost."""
        from worker.core.events import EventKind
        from worker.core.inference.learn import LOOKED_BACK
        from worker.core.inference.spared import spared

        waited = self.logbook.events(organisation.name, kind=EventKind.WAITED)
        return spared(waited, self.logbook.paid(organisation.name, day - LOOKED_BACK), day)

    def composer(self, settings: OrganisationSettings, snapshot: Snapshot) -> Composer:
        """Letters in this organisation's name. Raises ConfigError without a sender."""
        return composer_of(self.practice.mail, settings, snapshot.organisation.id, self.wording(settings))

    @cached_property
    def post(self) -> Post:
        """Where mailers and mailboxes come from."""
        return Post(self.clock, lambda: self.tokens)

    def wording(self, settings: OrganisationSettings) -> "Templates":
        """The messages in every language; what a client's language lacks is said in the organisation's."""
        from worker.wording.render import Templates

        return Templates(wording_folders(self.practice), default=settings.language)

    def mailer(self) -> Mailer:
        """The mailer the practice's config names; connects on first use."""
        return self.closed_later(self.post.mailer(self.practice.mail))

    def mailers(self, chosen: Sequence[OrganisationConfig]) -> dict[str, Mailer]:
        """The mailer of each organisation: its own mailbox, else the practice's one mailer."""
        own = {o.name: self.closed_later(self.post.mailer(o.mail)) for o in chosen if o.mail is not None}
        if len(own) == len(chosen):
            return own
        shared = self.mailer()
        return {o.name: own.get(o.name, shared) for o in chosen}

    def closed_later(self, mailer: Mailer) -> Mailer:
        """The mailer, closed when the app is."""
        self._closing.append(mailer.close)
        return mailer

    def ping(self, *, watched: bool) -> Ping:
        """Whoever notices when we fall silent; nobody unless `watched`."""
        from worker.ping import HttpPing, NoPing

        return HttpPing(self.practice.ping.reveal()) if watched and self.practice.ping else NoPing()

    @contextmanager
    def books(self, organisation: OrganisationConfig) -> Iterator[Books]:
        """The books of one organisation, behind the Books port; what they are asked is counted in the logbook.

        Raises ConfigError or BooksError.
        """
        name, platform = organisation.name, organisation.books.kind
        with self._books(organisation) as found, metered(found, name, platform, self.logbook, self.clock):
            yield found

    @contextmanager
    def _books(self, organisation: OrganisationConfig) -> Iterator[Books]:
        from connectors import connector

        books, links = organisation.books, Links(self.logbook, organisation.name)
        if isinstance(books, SandboxBooks):
            with sandbox_options(books, self.clock.now()) as options:
                saved = bool(books.url) and organisation.name in self.tokens.names()
                found = {**options, "connection": organisation.name, "refresh_token": None} if saved else options
                tokens = self.tokens if saved else unsaved()
                yield connector(books.face)(found, self.clock, tokens, links, self.budget)
        else:
            yield connector(books.kind)(options_of(organisation), self.clock, self.tokens, links, self.budget)

    @cached_property
    def budget(self) -> "Budget | None":
        """Limits that workers on one PostgreSQL logbook share; None where there is only this process."""
        return budget_of(self.logbook, self.pool, self.clock)

    @cached_property
    def tokens(self) -> "SealedTokens":
        """Saved connections. Neither they nor the vault's key are looked at before they are needed."""
        return saved_connections(self.practice, lambda: self.logbook.connections())


def options_of(organisation: OrganisationConfig) -> dict[str, object]:
    """A connector's options as plain values; secrets are revealed here and nowhere else."""
    books, written = organisation.books, organisation.written
    found = {f.name: getattr(books, f.name) for f in fields(books) if f.name != "kind"}
    if isinstance(books, CsvBooks):  # files do not say whose they are
        found |= {"name": written.name or organisation.name, "zone": written.zone, "country": written.country}
    if isinstance(books, XeroBooks | QuickBooksBooks):  # a consent is saved under this name, unless another is written
        found["organisation"] = organisation.name
    if isinstance(books, QuickBooksBooks):  # a company rarely says in which zone it is
        found["zone"] = written.zone or organisation.practice.zone
    return {k: v.reveal() if isinstance(v, Secret) else v for k, v in found.items() if v not in (None, "")}


def wording_folders(practice: Practice) -> tuple[Path, ...]:
    """Where wording is looked for: the practice's own folder beside its config first, then what ships."""
    import policies

    return (practice.folder / "wording", Path(policies.__file__).parent / "wording")
