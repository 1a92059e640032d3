"""letter: a letter before action, drafted for a person to print, sign and post."""

from pathlib import Path

import click

from worker.commands.base import Desk, command


@command("letter")
@click.argument("client")
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), default="letter.html", show_default=True)
@click.option("--org", default="", help="The organisation, when several have such a client.")
def letter_command(desk: Desk, client: str, file: Path, org: str) -> None:
    """Draft a letter before action for CLIENT as a page to print, in its language. It is never sent by duecourse."""
    from worker.app import wording_folders
    from worker.commands import people
    from worker.core.demand import demand_of
    from worker.report.letter import letter_page
    from worker.report.terminal import FAINT, KEPT, OUT, counted, say
    from worker.wording.phrases import letter_phrases

    with desk.app() as app:
        whom = people.find_client(app, client, org)
        settings, history, plan = people.judged(app, whom.at)
        folders = wording_folders(app.practice)
    found = demand_of(whom.client.id, whom.at.snapshot, settings, history, plan)
    if found.kept:
        raise people.wrong(f"this debt is never handed over: {found.kept}", todo="remove never hand over: first")
    if not found.invoices:
        why = "; ".join(f"{invoice.number}: {why}" for invoice, why in found.left_out[:6])
        todo = f'see duecourse explain "{whom.client.name}": what is open, due and disputed'
        raise people.wrong(
            f"{whom.client.name} has nothing overdue that could be demanded", why or "overdue invoices", todo
        )
    if file.exists():
        raise people.wrong(f"{file} exists already", "a new file", "name another with --to")
    country = whom.client.country or whom.at.snapshot.organisation.country
    voice = letter_phrases(folders, settings.clients[whom.client.id].language, country)
    file.write_text(letter_page(whom.client, settings, found, voice), encoding="utf-8")
    out = desk.out()
    say(
        out,
        f"{file}: {counted(len(found.invoices), 'invoice')}, to be paid by {found.until}. Print, read and sign it.",
        OUT,
    )
    if found.why_no_interest:
        say(out, f"  no interest is stated: {found.why_no_interest}", KEPT)
    for invoice, why in found.left_out:
        say(out, f"  left out: {invoice.number}: {why}", KEPT)
    if not settings.said_in(voice.language).next_action:
        say(out, "  write what happens next: in the config, or fill in the blank by hand", KEPT)
    name = whom.client.name
    say(out, f'  once posted: duecourse log "{name}" "letter before action"{desk.again}', FAINT)
