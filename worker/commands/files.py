"""Writing files for people: the first config, and the clients' spreadsheet."""

from pathlib import Path

import click

from worker.commands.base import Desk, command


@command("init", clocked=False, configured=False)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".", metavar="[FOLDER]")
def init_command(desk: Desk, folder: Path) -> None:
    """Write a commented config.yaml to start from; an existing one is never touched."""
    from worker.commands.people import wrong
    from worker.config.starter import STARTER
    from worker.report.terminal import OUT, say

    file = folder / "config.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(STARTER)
    except FileExistsError:
        raise wrong(f"{file} is there already", "a folder without one", "name another folder") from None
    except OSError as error:
        raise wrong(f"{file} cannot be written: {error.strerror}") from None
    out = desk.out()
    at = "" if folder.resolve() == Path.cwd() else f" --config {file}"
    say(out, f"Written: {file}. It works as it stands, on a simulated company.", OUT)
    say(out, f"Next: duecourse check{at}; duecourse preview{at}")


@command("clients")
@click.argument("organisation", metavar="ORG")
def clients_command(desk: Desk, organisation: str) -> None:
    """Write organisations/ORG.clients.csv with a row for every client; your rows and columns are kept."""
    from worker.commands.people import mirrored, wrong
    from worker.config.clients_csv import clients_skeleton, read_clients
    from worker.report.terminal import OUT, counted, say

    with desk.app() as app:
        (config,) = app.organisations([organisation])
        snapshot = mirrored(app, config).snapshot
    folder = desk.config if desk.config.is_dir() else desk.config.parent
    file = folder / "organisations" / f"{organisation}.clients.csv"
    existing = ""
    if file.exists():
        read_clients(file)  # what cannot be read must not be written over
        existing = file.read_text(encoding="utf-8-sig")
    text = clients_skeleton(snapshot.clients.values(), existing)
    new = text.count("\n") - existing.count("\n") - (0 if existing else 1)
    try:
        if text != existing:
            _write(file, text)
    except OSError as error:
        raise wrong(f"{file} cannot be written: {error.strerror}") from None
    out = desk.out()
    say(out, f"{file}: {counted(max(new, 0), 'client')} added, everything you wrote is kept.", OUT)
    say(out, "Fill in what you know: pays (last friday), cut-off (3 business days), hold until and why, ...")
    say(out, "Next: duecourse check")


def _write(file: Path, text: str) -> None:
    """Replace the file in one go: a spreadsheet half written would be worse than an old one."""
    import os
    import tempfile

    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        Path(name).chmod(mode)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
