"""The demo: one simulated company, asked in a considerate way. Nothing leaves this machine.

    python scripts/demo.py run       one live run into demo/outbox, at a fixed moment; a second one sends nothing new
    python scripts/demo.py quarter   the same company, day by day for a quarter, into a fresh demo/quarter

Both read the company's books over HTTP, through the real Xero connector, from a sandbox on this machine; the first run
also reads them as QuickBooks would show them, and says what is different.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import side_by_side

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "scripts" / "demo_config" / "config.yaml"
ZONE = ZoneInfo("Europe/London")
MOMENT = datetime(2026, 3, 10, 10, tzinfo=ZONE)
"""A Tuesday morning, inside the mail window."""
QUARTER = timedelta(weeks=13)
SIDE_BY_SIDE = "side-by-side.txt"
SUNDAY, SATURDAY = 6, 5


def duecourse(*words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the real command, as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "worker.cli", *words], cwd=ROOT, text=True, capture_output=quiet, check=False
    )


def preview(config: Path) -> dict[str, Any]:
    """What a preview of the demo's one organisation says."""
    asked = duecourse(
        "preview", "--config", str(config), "--now", MOMENT.isoformat(), "--json", "--no-page", quiet=True
    )
    try:
        (one,) = json.loads(asked.stdout)["organisations"]
        return {**one, "baseline": one["approvals"][0]["id"]}
    except (ValueError, KeyError, IndexError):
        sys.exit(f"demo: the preview did not say what to approve:\n{asked.stdout}{asked.stderr}")


def compared(folder: Path) -> str:
    """The company side by side through both platforms' shapes; read once, by two processes at the same time."""
    kept = folder / SIDE_BY_SIDE
    if not kept.exists():
        configs = []
        for face in ("xero", "quickbooks"):
            home = folder / "side-by-side" / face
            home.mkdir(parents=True, exist_ok=True)
            text = TEMPLATE.read_text(encoding="utf-8").replace("approvals: [BASELINE]", "approvals: []")
            text = text.replace("books: {kind: sandbox}", f"books: {{kind: sandbox, face: {face}}}")
            configs.append(home / "config.yaml")
            configs[-1].write_text(text, encoding="utf-8")
        with ThreadPoolExecutor(2) as pool:
            xero, quickbooks = pool.map(preview, configs)
        kept.write_text("\n".join(side_by_side.shown(xero, quickbooks)), encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def prepare(folder: Path, books: str = "{kind: sandbox}") -> Path:
    """Write the demo's config, once. The id of the approval in it is the one the product's own preview asks for."""
    config = folder / "config.yaml"
    if config.exists():
        return config
    folder.mkdir(parents=True, exist_ok=True)
    text = TEMPLATE.read_text(encoding="utf-8").replace("books: {kind: sandbox}", f"books: {books}")
    config.write_text(text.replace("approvals: [BASELINE]", "approvals: []"), encoding="utf-8")
    try:
        baseline = preview(config)["baseline"]
    except SystemExit:
        config.unlink()
        raise
    config.write_text(text.replace("BASELINE", baseline), encoding="utf-8")
    return config


def letters(folder: Path) -> list[Path]:
    """The messages in an outbox, in the order of their names."""
    return sorted(folder.glob("**/*.eml"))


def shown(path: Path) -> str:
    """A path as it is typed from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def run(folder: Path) -> int:
    """One live run. Exit code 1 (something needs a person) is what a real Tuesday ends with, so it counts as well."""
    first = not (folder / "config.yaml").exists()
    if first:
        print(f"Setting up {shown(folder)}: config.yaml, with a simulated company's books.\n", flush=True)
    config = prepare(folder)
    before = set(letters(folder / "outbox"))
    done = duecourse("run", "--config", str(config), "--now", MOMENT.isoformat())
    if done.returncode > 1:
        return done.returncode
    new = [f for f in letters(folder / "outbox") if f not in before]
    outbox = shown(folder / "outbox")
    print(f"\n{len(new)} new message{'s' if len(new) != 1 else ''} in {outbox}, {len(before)} from before.")
    if new:
        print(f"  for example {shown(new[0])}: open it in a mail program")
    print(f"\n{compared(folder)}")
    print(f"\nThe page: open {shown(folder / 'page' / 'index.html')} in a browser.")
    at = f"--config {shown(config)} --now {MOMENT:%Y-%m-%dT%H:%M}+00:00"
    tool = shown(Path(sys.executable).parent / "duecourse")
    print("\nTry next, as they stand:")
    for line in (
        "make run                      again: nobody is asked twice"
        if new
        else "make quarter                  the same, day by day for a quarter",
        f'{tool} explain "Lantern Works Theatre" {at}',
        f"{tool} runs {at}",
        f'{tool} hold "Calder Mills" --why "we owe them an answer" {at}',
        f"less {shown(config)}          what a bookkeeper writes",
    ):
        print(f"  {line}")
    return 0


@dataclass
class Diary:
    """What a quarter brought."""

    reminders: Counter[str] = field(default_factory=Counter)
    thanks: int = 0
    thanked: list[str] = field(default_factory=list)
    rows: list[tuple[str, int, str]] = field(default_factory=list)
    payers: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    agreed: int = 0
    refused: int = 0
    agrees: bool = True
    left_alone: set[tuple[str, str]] = field(default_factory=set)
    days: int = 0


def weekdays(first: date, until: date) -> Iterator[date]:
    """Every day a bookkeeper is in."""
    day = first
    while day < until:
        if day.weekday() not in (SATURDAY, SUNDAY):
            yield day
        day += timedelta(days=1)


def quarter(folder: Path, length: timedelta = QUARTER) -> int:
    """A quarter, day by day, in a fresh folder, over one sandbox whose clock is moved."""
    from connectors.sandbox.limits import Limits
    from connectors.sandbox.server import serve
    from worker.app_sandbox import SANDBOX_PER_MINUTE, sandbox_company

    shutil.rmtree(folder, ignore_errors=True)
    diary, end = Diary(), MOMENT + length
    print(f"A quarter, from {MOMENT:%-d %B %Y}; the messages go to {shown(folder / 'outbox')}.\n", flush=True)
    with serve(sandbox_company(end), now=MOMENT, limits=Limits(minute=SANDBOX_PER_MINUTE)) as sandbox:
        config = prepare(folder, f"{{kind: sandbox, url: {sandbox.url}, tenant: {sandbox.tenants[0]}}}")
        for day in weekdays(MOMENT.date(), end.date()):
            now = datetime.combine(day, MOMENT.time(), ZONE)
            sandbox.world.clock.now = now
            one_day(config, now, diary)
    return totals(folder, diary)


def one_day(config: Path, now: datetime, diary: Diary) -> None:
    """The person at the desk first does yesterday's calls; then duecourse runs; a surprise is looked at and agreed."""
    from worker.app import App
    from worker.clock import SystemClock
    from worker.commands.configuration import practice_at
    from worker.core.events import Event, EventKind

    with App(practice_at(config), SystemClock(now)) as app:
        (name,) = (o.name for o in app.practice.organisations)
        for task in app.logbook.history(name).tasks:
            if task.is_open and task.kind == "phone":
                done = Event(EventKind.DONE, app.clock.now(), task.id, "demo", {"outcome": "reached"})
                app.logbook.record(name, done)
                diary.calls += 1
        (result,) = app.run(deliver=True)
        surprises = [p for p in result.plan.proposals if p.kind == "surprise"] if result.plan and result.refused else []
        if surprises:
            app.logbook.record(name, *(Event(EventKind.APPROVE, app.clock.now(), p.id, "demo") for p in surprises))
            diary.agreed += len(surprises)
            (result,) = app.run(deliver=True)
    entry(now.date(), result, diary, surprised=bool(surprises))


def entry(day: date, result, diary: Diary, *, surprised: bool) -> None:  # type: ignore[no-untyped-def]
    """One day of the diary: what went out and the most telling reasons."""
    from worker.core.decisions import Remind, Thank
    from worker.report.headline import headline

    if result.skipped or result.refused:
        diary.refused += 1
        print(f"{day:%a %-d %b}  nothing sent: {result.skipped or result.refused[0].reason.sentence}", flush=True)
        return
    diary.days += 1
    gone = [s.decision for s in result.sent if s.outcome == "accepted"]
    reminds, thanks = [d for d in gone if isinstance(d, Remind)], [d for d in gone if isinstance(d, Thank)]
    steps = Counter(d.step for d in reminds)
    diary.reminders += steps
    diary.thanks += len(thanks)
    diary.payers.update(result.snapshot.clients[d.payer_id].name for d in reminds)
    diary.thanked += [p.id for d in gone for p in d.payments]
    diary.rows += [(a.invoice_id, a.round, a.step) for d in reminds for a in d.advances]
    diary.agrees = diary.agrees and headline(result.plan, result.snapshot).agrees
    waiting = sum(s.bucket == "waiting" for s in result.plan.standings)
    said = ", ".join(f"{n} {step}" for step, n in steps.items()) or "nobody asked"
    thanked = f"; {len(thanks)} thanked" if thanks else ""
    print(
        f"{day:%a %-d %b}  {said}{thanked}; {waiting} invoices wait{'; a surprise was agreed to' if surprised else ''}"
    )
    names = result.snapshot.clients
    for what, payer, why in telling(reminds, thanks, result.plan, result.snapshot, diary):
        print(f"            {what:<10} {names[payer].name}: {why}")
    sys.stdout.flush()


def telling(reminds, thanks, plan, snapshot, diary: Diary) -> Iterator[tuple[str, str, str]]:  # type: ignore[no-untyped-def]
    """At most four lines a day: asked before a cut-off, late but left until its run, asked after a run, thanked."""
    ahead = [d for d in reminds if "before cut-off" in d.reason.evidence.get("why", "")]
    after = [d for d in reminds if "after payment run" in d.reason.evidence.get("why", "")]
    for d in (*ahead[:1], *after[:1]):
        yield d.step, d.payer_id, d.reason.evidence["why"]
    for standing in plan.standings:
        invoice, why = snapshot.invoice(standing.invoice_id), standing.reason.evidence.get("why", "")
        late = standing.bucket == "waiting" and invoice.due and invoice.due < plan.as_of.day
        if late and "after payment run" in why and (standing.payer_id, why) not in diary.left_alone:
            diary.left_alone.add((standing.payer_id, why))
            late_by = (plan.as_of.day - invoice.due).days
            days = "a day" if late_by == 1 else f"{late_by} days"
            yield "waits", standing.payer_id, f"{invoice.number} is late by {days}, its run is not: {why}"
            break
    for d in thanks[:1]:
        yield "thanks", d.payer_id, d.reason.sentence


def totals(folder: Path, diary: Diary) -> int:
    """The quarter in figures; what the outbox holds is counted independently of what was reported."""
    parser = BytesParser(policy=policy.default)
    mails = [parser.parsebytes(f.read_bytes()) for f in letters(folder / "outbox")]
    ids = Counter(str(m["Message-ID"]) for m in mails)
    texts = Counter((str(m["To"]), str(m["Subject"]), str(m.get_body(("plain",)))) for m in mails)
    most = Counter(str(m["To"].addresses[0].addr_spec) for m in mails).most_common(1)
    asked_most = diary.payers.most_common(1)
    sent = sum(diary.reminders.values()) + diary.thanks
    twice = {
        "Message-IDs": sum(n - 1 for n in ids.values()),
        "invoices at one step": len(diary.rows) - len(set(diary.rows)),
        "payments thanked": len(diary.thanked) - len(set(diary.thanked)),
    }
    asked, days = sum(diary.reminders.values()), f"{diary.days} working days"
    print(f"\n{days}: {asked} reminders and {diary.thanks} thanks; {len(mails)} files in the outbox")
    print(f"  by step          {', '.join(f'{n} {step}' for step, n in diary.reminders.most_common())}")
    if most and asked_most:
        print(f"  most to one      {asked_most[0][1]} reminders, to {asked_most[0][0]}")
        print(f"                   {most[0][1]} letters with thanks, to {most[0][0]}")
    print(
        f"  by the person    {diary.calls} calls made, {diary.agreed} surprises agreed to; {diary.refused} runs refused"
    )
    same = sum(n - 1 for n in texts.values())
    print(f"  unchanged lists  {same} reminders found nothing new to say since the one before")
    print(f"  twice            {', '.join(f'{n} {what}' for what, n in twice.items())}")
    always = "every day" if diary.agrees else "NOT every day"
    print(f"  to the cent      {always}: chased + waiting + held + excluded = receivables")
    fine = not any(twice.values()) and len(mails) == sent and diary.agrees
    print("Nobody was asked or thanked twice." if fine else "THIS IS WRONG: please report it.")
    print(f"Try next: open a few of {shown(folder / 'outbox')}, or change {shown(TEMPLATE)} and run it again.")
    return 0 if fine else 1


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="The demo: a simulated company; nothing leaves this machine.")
    parser.add_argument("what", choices=["run", "quarter"])
    parser.add_argument("--folder", type=Path, default=ROOT / "demo", help="where to keep it")
    parser.add_argument("--days", type=int, default=QUARTER.days, help="how long the quarter is")
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    return run(folder) if given.what == "run" else quarter(folder / "quarter", timedelta(days=given.days))


if __name__ == "__main__":
    sys.exit(main())
