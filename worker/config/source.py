"""YAML as located text: every key knows its line, every scalar stays the text that was written.

What a scalar means (a date, yes or no, a number) is decided by the option it is written for, never by YAML: so `no` can
be Norwegian, 0012 an account number and 1:30 a time. Limits: 256 KB, 20 levels, no anchors, aliases or tags.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from worker.errors import ConfigError, Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20


class Located(dict[str, "Data"]):
    """A mapping with the "file:line" of itself and of each of its keys."""

    def __init__(self, place: str) -> None:
        """Empty, at `place`."""
        super().__init__()
        self.place = place
        self.places: dict[str, str] = {}

    def put(self, key: str, value: "Data", place: str) -> None:
        """Add a key written at `place`."""
        self[key] = value
        self.places[key] = place


class LocatedList(list["Data"]):
    """A list with the place of itself and of each item."""

    def __init__(self, place: str) -> None:
        """Empty, at `place`."""
        super().__init__()
        self.place = place
        self.places: list[str] = []


# libyaml's parser where it is there: the same events, ten times sooner.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Events: TypeAlias = Iterator[Any]
Data: TypeAlias = "str | Located | LocatedList | None"


def plain(key: str) -> str:
    """The form in which keys are compared: `Ways-to pay` and `ways_to_pay` are one."""
    return re.sub(r"[\s_-]+", "_", key.strip().lower())


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, or ""; compared as keys are."""
    by_plain = {plain(k): k for k in known}
    close = difflib.get_close_matches(plain(word)[:200], list(by_plain), 1, 0.6)
    return by_plain[close[0]] if close else ""


def guess(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """`did you mean "..."?`, or what to do when nothing is close."""
    near = nearest(word, known)
    return f'write "{near}", if that is what you meant' if near else otherwise


def read_yaml(path: Path, shown: str = "") -> Located:
    """One YAML file as a located mapping (empty for an empty file); `shown` is its name in problems.

    Raises ConfigError with every structural problem of the file.
    """
    name = shown or path.name
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        problem = Problem(
            name, "there is no such file", "", "make one with `duecourse init`, or name another with --config"
        )
        raise ConfigError([problem]) from None
    except OSError as error:
        raise ConfigError([Problem(name, f"cannot be read: {error.strerror}")]) from None
    return parse_yaml(raw, name)


def parse_yaml(raw: bytes | str, name: str) -> Located:
    """YAML text as a located mapping. Raises ConfigError, and nothing else whatever the text."""
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(name, f"{len(raw)} bytes", f"at most {MAX_BYTES}", "move clients to a clients.csv")])
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1 if isinstance(raw, bytes) else 1
        raise ConfigError([Problem(f"{name}:{line}", "not UTF-8 text", "", "save the file as UTF-8")]) from None
    reader = _Reader(name)
    root = reader.read(text)
    if reader.problems:
        raise ConfigError(reader.problems)
    return root


class _Reader:
    """Walks the events of the YAML parser, so that depth and aliases are refused before anything is built."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def read(self, text: str) -> Located:
        empty = Located(f"{self.name}:1")
        try:
            documents = self._documents(text)
        except yaml.MarkedYAMLError as error:
            self._garbled(error, text)
            return empty
        except _TooDeep as error:
            self._problem(error.line, f"more than {MAX_DEPTH} levels inside each other", f"at most {MAX_DEPTH}", "")
            return empty
        except (yaml.YAMLError, ValueError) as error:
            self._problem(1, f"not YAML: {str(error).splitlines()[0]}", "plain text, keys and values", "")
            return empty
        if len(documents) > 1:
            self._problem(1, f"{len(documents)} YAML documents", "one", 'remove the "---" lines')
        root = documents[0] if documents else None
        if root is None or isinstance(root, Located):
            return root if isinstance(root, Located) else empty
        self._problem(
            1, "a list" if isinstance(root, LocatedList) else f'the text "{root[:40]}"', '"key: value" lines', ""
        )
        return empty

    def _documents(self, text: str) -> list[Data]:
        events: Events = yaml.parse(text, Loader=_LOADER)
        documents: list[Data] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents.append(self._value(events, next(events), 0))
        return documents

    def _value(self, events: Events, event: Any, depth: int) -> Data:
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise _TooDeep(line)
        if isinstance(event, yaml.AliasEvent):
            self._problem(
                line, f'the alias "*{event.anchor}"', "values written out", "repeat the value, or use `extends`"
            )
            return None
        if getattr(event, "anchor", None):
            self._problem(line, f'the anchor "&{event.anchor}"', "values written out", "remove it, or use `extends`")
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._problem(line, f'the tag "{tag}"', "plain values", "remove the tag")
        if isinstance(event, yaml.ScalarEvent):
            bare = event.implicit[0] and not event.style  # None or "", depending on the parser
            return None if bare and event.value in {"", "~", "null"} else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, line, depth)
        return self._mapping(events, line, depth)

    def _list(self, events: Events, line: int, depth: int) -> LocatedList:
        items = LocatedList(f"{self.name}:{line}")
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.places.append(f"{self.name}:{event.start_mark.line + 1}")
            items.append(self._value(events, event, depth + 1))
        return items

    def _mapping(self, events: Events, line: int, depth: int) -> Located:
        mapping = Located(f"{self.name}:{line}")
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            at = event.start_mark.line + 1
            key = self._value(events, event, depth + 1)
            value = self._value(events, next(events), depth + 1)
            if not isinstance(key, str):
                self._problem(at, "a key that is not text", "a name, then a colon", "")
            elif key == "<<":
                self._problem(at, 'the merge key "<<"', "values written out", "repeat the values, or use `extends`")
            elif key in mapping:
                todo = f"keep one of the two; the first is at {mapping.places[key]}"
                self._problem(at, f'"{key}" is written twice', "each key once", todo)
            else:
                mapping.put(key, value, f"{self.name}:{at}")
        return mapping

    def _garbled(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = error.problem or error.context or "unreadable"
        lines = text.splitlines()
        if line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]:
            self._problem(line, "a tab at the start of the line", "spaces", "replace the tab by spaces")
        elif "mapping values" in what:
            todo = "put the text in quotes, if the colon belongs to it; else look at the spaces before the key"
            self._problem(line, 'a second ": " where only a value can be', '"key: value"', todo)
        else:
            todo = "look at the spaces at the start of this line and the one before; quote text with special characters"
            self._problem(line, f"not YAML: {what}", "keys and values, indented by spaces", todo)

    def _problem(self, line: int, found: str, expected: str, todo: str) -> None:
        self.problems.append(Problem(f"{self.name}:{line}", found, expected, todo))


class _TooDeep(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line
