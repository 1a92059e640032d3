"""YAML keeps its lines and its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.config.source import MAX_BYTES, Located, LocatedList, nearest, parse_yaml, plain
from worker.errors import ConfigError


@pytest.mark.parametrize(
    "word", ["no", "on", "off", "yes", "2026-01-31", "12:30:00", "0012", "1e3", "0x1F", "1_000", ".5"]
)
def test_scalars_stay_the_text_that_was_written(word: str) -> None:
    assert parse_yaml(f"key: {word}", "f")["key"] == word


@pytest.mark.parametrize("nothing", ["", "~", "null", "# a comment"])
def test_nothing_written_is_nothing(nothing: str) -> None:
    assert parse_yaml(f"key: {nothing}\nother: 1", "f")["key"] is None


def test_quoted_text_is_text_even_when_it_looks_like_nothing() -> None:
    assert parse_yaml('key: "null"\nempty: ""', "f") == {"key": "null", "empty": ""}


def test_every_key_and_item_knows_its_line() -> None:
    data = parse_yaml("a: 1\n\nb:\n  - x\n\n  - y: 2\n    z: 3\n", "f.yaml")
    assert data.places == {"a": "f.yaml:1", "b": "f.yaml:3"}
    items = data["b"]
    assert isinstance(items, LocatedList)
    assert items.places == ["f.yaml:4", "f.yaml:6"]
    assert isinstance(items[1], Located)
    assert items[1].places == {"y": "f.yaml:6", "z": "f.yaml:7"}


def test_too_large_a_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(ConfigError, match="at most"):
        parse_yaml(b"a: " + b"x" * MAX_BYTES, "f")


def test_other_encodings_are_refused_with_the_line() -> None:
    with pytest.raises(ConfigError, match="f:2: not UTF-8"):
        parse_yaml("a: 1\nb: café\n".encode("latin-1"), "f")


def test_a_byte_order_mark_is_fine() -> None:
    assert parse_yaml("a: 1".encode("utf-8-sig"), "f") == {"a": "1"}


@pytest.mark.parametrize(
    ("one", "other"), [("ways to pay", "Ways_to-pay"), ("cut-off", "cut off"), ("policy", " POLICY ")]
)
def test_keys_are_compared_without_spelling(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_guesses_are_close_or_absent() -> None:
    assert nearest("way to pay", ["ways to pay", "policy"]) == "ways to pay"
    assert nearest("colour", ["ways to pay", "policy"]) == ""


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text, "f")
    except ConfigError as error:
        assert all(p.place and p.found for p in error.problems)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        parse_yaml(raw, "f")
    except ConfigError as error:
        assert error.problems
