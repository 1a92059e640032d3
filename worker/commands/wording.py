"""wording: look at the messages, copy them to edit, and check what was edited. Reads no books and sends nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.commands.base import PLACE, Desk, command

if TYPE_CHECKING:
    from worker.errors import Problem


def _folders(desk: Desk) -> tuple[Path, Path]:
    """The practice's own folder beside its config, and what ships."""
    import policies

    folder = desk.config if desk.config.is_dir() else desk.config.parent
    return folder / "wording", Path(policies.__file__).parent / "wording"


def _wrong(found: str, expected: str, todo: str = "") -> Exception:
    from worker.errors import ConfigError, Problem

    return ConfigError([Problem(PLACE, found, expected, todo)])


def _known(desk: Desk, names: Sequence[str], language: str) -> None:
    from difflib import get_close_matches

    from worker.wording.files import LANGUAGE, Folders

    within = Folders(_folders(desk))
    if not LANGUAGE.match(language):
        raise _wrong(f'"{language}" is no language', "a code such as fr, or fr-CA")
    known = {name for code in (language, "en") for name in within.names(code)}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            todo = f'write "{near[0]}", if that is what you meant' if near else ""
            raise _wrong(f'there is no message "{name}"', "one of " + ", ".join(sorted(known)), todo)


def _worded(desk: Desk, language: str) -> None:
    from worker.wording.files import Folders, lineage

    within = Folders(_folders(desk))
    if not any(within.names(code) for code in lineage(language)):
        there, todo = ", ".join(within.languages()), f"begin it: duecourse wording new {language}"
        raise _wrong(f'nothing is worded in "{language}"', f"one of {there}", todo)


@command("list", clocked=False, json=True)
def list_command(desk: Desk) -> int:
    """Every message: its stage, what it is for, and the languages it is written in (* your own)."""
    from worker.report.terminal import cell, row, table
    from worker.wording.files import Folders

    own, shipped = _folders(desk)
    within = Folders([own, shipped])
    rows = []
    for name in sorted({name for code in within.languages() for name in within.names(code)}):
        codes = [code for code in within.languages() if name in within.names(code)]
        source = next(s for code in ("en", *codes) if (s := within.find(code, name)))
        mine = [code for code in codes if (own / code / f"{name}.md").is_file()]
        rows.append((name, source.matter["stage"], source.matter["purpose"], codes, mine))
    if desk.as_json:
        keys = ("name", "stage", "purpose", "languages", "own")
        messages = [dict(zip(keys, each, strict=True)) for each in rows]
        desk.print_json({"schema": 1, "folder": str(own), "messages": messages})
        return 0
    made = table(["message", "stage", "languages", "what it is for"], wrapped=["what it is for"])
    for name, stage, purpose, codes, mine in rows:
        spoken = " ".join(f"{code}*" if code in mine else code for code in codes)
        row(made, [cell(name), cell(stage), cell(spoken), cell(purpose)])
    desk.out().print(made)
    return 0


@command("preview", clocked=False)
@click.argument("name", required=False, default="")
@click.option("--language", default="en", show_default=True, help="A language such as fr, or fr-CA.")
@click.option("--country", default="", help="Where the reader lives (ISO 3166), for dates and amounts.")
@click.option("--case", "case", type=click.Choice(["plain", "full", "hard"]), help="One example; otherwise all three.")
@click.option("--html", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write one HTML page here.")
def preview_command(desk: Desk, name: str, language: str, country: str, case: str | None, target: Path | None) -> int:
    """Show a message (or all) over invented data, easy and hard."""
    from worker.report.terminal import LOUD, say
    from worker.wording.examples import CASES
    from worker.wording.preview import page, shown

    _known(desk, [name] if name else [], language)
    _worded(desk, language)
    messages = shown(_folders(desk), [name] if name else [], language, [case] if case else list(CASES), country.upper())
    if target is not None:
        target.write_text(page(messages), encoding="utf-8")
        say(desk.out(), f"{len(messages)} messages are in {target}.")
        return 0
    for each in messages:
        say(desk.out(), f"=== {each.name}, {each.language}, {each.case}: {CASES[each.case]}", LOUD)
        click.echo(f"Subject: {each.rendered.subject}\n\n{each.rendered.text}")
    return 0


@command("new", clocked=False)
@click.argument("language")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--from", "source", default="", help="The language to start from; otherwise the nearest one there is.")
def new_command(desk: Desk, language: str, names: tuple[str, ...], source: str) -> int:
    """Copy messages (or all of a language) into your own wording folder, to edit there."""
    from worker.report.terminal import say
    from worker.wording.files import Folders, lineage

    own, shipped = _folders(desk)
    within = Folders([own, shipped])
    source = source or next((code for code in lineage(language) if code in within.languages()), "en")
    _known(desk, names, language)
    if source not in within.languages():
        raise _wrong(f'there is no wording in "{source}"', "one of " + ", ".join(within.languages()))
    files = {n: p for code, n, p in reversed(list(within.all())) if code == source and (not names or n in names)}
    there = [n for n in sorted(files) if (own / language / f"{n}.md").exists()]
    if there:
        place = own / language / f"{there[0]}.md"
        raise _wrong(f"{place} is there already", "a message you have not copied yet", "edit that file, or remove it")
    (own / language).mkdir(parents=True, exist_ok=True)
    for name, path in sorted(files.items()):
        (own / language / f"{name}.md").write_text(path.read_text("utf-8"), encoding="utf-8")
    count = f"{len(files)} files" if len(files) > 1 else "1 file"
    say(desk.out(), f"{count} copied from {source} to {own / language}. Edit them; those you do not want, remove.")
    say(desk.out(), f"Next: duecourse wording preview --language {language}, then duecourse wording check")
    return 0


@command("check", clocked=False, json=True)
def check_command(desk: Desk) -> int:
    """Read every wording file and make every message over the examples: every problem, with file and line."""
    from worker.errors import ConfigError
    from worker.report.terminal import OUT, WRONG, say
    from worker.wording.files import Folders
    from worker.wording.preview import problems

    folders = _folders(desk)
    found: list[Problem] = problems(folders)
    if desk.as_json:
        listed = [{"place": p.place, "found": p.found, "expected": p.expected, "todo": p.todo} for p in found]
        desk.print_json({"schema": 1, "ok": not found, "problems": listed})
    elif found:
        say(desk.out(), str(ConfigError(found)), WRONG)
    else:
        languages = ", ".join(Folders(folders).languages())
        say(desk.out(), f"All is well: every message can be written in {languages}.", OUT)
    return 2 if found else 0


@click.group("wording")
def wording_command() -> None:
    """See, copy and check the words of every message."""


for each in (list_command, preview_command, new_command, check_command):
    wording_command.add_command(each)
