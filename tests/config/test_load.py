"""Files, secrets, and nothing but ConfigError whatever is written."""

import contextlib
import os
import pickle
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.helpers import practice
from worker.config.base import keys_of
from worker.config.load import load
from worker.config.options import PracticeOptions
from worker.config.options_client import ClientOptions
from worker.config.options_organisation import OrganisationOptions
from worker.config.options_policy import PolicyOptions, StepOptions
from worker.config.starter import STARTER
from worker.config.values import CsvBooks, XeroBooks
from worker.core.secret import Secret
from worker.core.settings import Mode
from worker.errors import ConfigError

ONE = "organisations: {harbour: {books: {kind: sandbox}}}\n"


def test_preview_is_the_default_and_paths_are_beside_the_file(tmp_path: Path) -> None:
    found = practice(tmp_path, ONE)
    assert found.mode is Mode.PREVIEW
    assert found.state == tmp_path.resolve() / "state"
    assert found.mail.mailer == "outbox"
    assert found.mail.outbox == tmp_path.resolve() / "state" / "outbox"
    assert found.organisations[0].policies["considerate"].ladder[0].name == "heads-up"


def test_the_starter_loads_as_it_stands(tmp_path: Path) -> None:
    assert [o.name for o in practice(tmp_path, STARTER).organisations] == ["demo"]


def test_files_beside_config_yaml_say_what_one_file_could(tmp_path: Path) -> None:
    (tmp_path / "organisations").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.yaml").write_text("extends: standard\nremove: [ask]\n")
    (tmp_path / "organisations" / "harbour.yaml").write_text(
        "books: {kind: csv, invoices: books/i.csv}\npolicy: ours\nclients:\n  - {client: c1, language: fr}\n"
    )
    (tmp_path / "organisations" / "harbour.clients.csv").write_text("id,pays\nc2,last friday\n")
    (tmp_path / "organisations" / "harbour.clients.yaml").write_text("clients:\n  - {client: c3, language: de}\n")
    found = practice(tmp_path, "mode: preview\n")
    (harbour,) = found.organisations
    assert isinstance(harbour.books, CsvBooks)
    assert harbour.books.invoices == tmp_path.resolve() / "books" / "i.csv"
    assert [c.client for c in harbour.written.clients] == ["c1", "c2", "c3"]
    assert [c.place for c in harbour.written.clients] == [
        "organisations/harbour.yaml:4",
        "organisations/harbour.clients.csv:2",
        "organisations/harbour.clients.yaml:2",
    ]
    assert [s.name for s in harbour.policies["ours"].ladder] == ["heads-up", "nudge", "firm", "final-notice", "decide"]
    assert found.files == (
        "config.yaml",
        "organisations/harbour.yaml",
        "organisations/harbour.clients.csv",
        "organisations/harbour.clients.yaml",
    )


def test_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "organisations").mkdir()
    (tmp_path / "organisations" / "a.yaml").write_text("books: {kind: sandbox}\nzoned: x\n")
    (tmp_path / "organisations" / "b.yaml").write_text("boks: {kind: sandbox}\n")
    with pytest.raises(ConfigError) as caught:
        practice(tmp_path, "mod: live\n")
    assert [p.place for p in caught.value.problems] == [
        "config.yaml:1",
        "organisations/a.yaml:2",
        "organisations/b.yaml:1",
        "organisations/b.yaml:1",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("harbour.yaml", 'the organisation "harbour" is written twice'),
        ("nobody.clients.csv", 'there is no organisation "nobody"'),
        ("harbour.client.csv", "not a name we know"),
    ],
)
def test_files_that_belong_nowhere_are_problems(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "organisations").mkdir()
    (tmp_path / "organisations" / name).write_text("")
    with pytest.raises(ConfigError, match=said):
        practice(tmp_path, ONE)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="duecourse init"):
        load(tmp_path / "nowhere.yaml", {})


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("from-file\n")
    text = "organisations: {h: {books: {kind: xero, client id from: {file: id}, client secret from: {env: S}}}}"
    books = practice(tmp_path, text, S="from-env").organisations[0].books
    assert isinstance(books, XeroBooks)
    assert books.client_id == Secret("from-file")
    assert books.client_secret == Secret("from-env")


def test_a_secret_never_shows(tmp_path: Path) -> None:
    text = "ping: {url from: {env: S}}\nlogbook: {url from: {env: S}}\n" + ONE
    found = practice(tmp_path, text, S="canary-value")
    assert found.ping is not None
    assert found.ping.reveal() == "canary-value"
    assert "canary" not in f"{found!r} {found.ping!s} {found.ping!r} {found.logbook_url}"
    with pytest.raises(TypeError):
        pickle.dumps(found.ping)


def test_only_the_chosen_mailers_secrets_are_looked_for(tmp_path: Path) -> None:
    text = "mail: {mailer: outbox, sendgrid: {key from: {env: NOT_SET}}}\n" + ONE
    assert practice(tmp_path, text).mail.sendgrid is None


def test_keys_may_be_spelt_with_spaces_dashes_or_underscores(tmp_path: Path) -> None:
    for key in ("ways to pay", "ways_to_pay", "Ways-To-Pay"):
        text = f"organisations: {{h: {{books: {{kind: sandbox}}, {key}: [By transfer]}}}}"
        assert practice(tmp_path, text).organisations[0].written.ways_to_pay == ["By transfer"]


def test_an_empty_list_may_be_left_standing(tmp_path: Path) -> None:
    text = "organisations:\n  h:\n    books: {kind: sandbox}\n    clients:\n    holds:\n      # none today\n"
    assert practice(tmp_path, text).organisations[0].written.holds == []


_WORDS = st.sampled_from(
    [k for m in (PracticeOptions, OrganisationOptions, ClientOptions, PolicyOptions, StepOptions) for k in keys_of(m)]
    + [
        "kind",
        "sandbox",
        "xero",
        "csv",
        "h",
        "any",
        "balance",
        "> 5",
        "last friday",
        "no",
        "2026-02-30",
        "&a",
        "*a",
        "",
    ]
    + ["5 days after due", "5 days after previous", "1 aug - 31 aug", "every tuesday", "released", "considerate", "-1"]
)
_TREES = st.recursive(
    _WORDS | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_WORDS, _TREES, max_size=5), _TREES, _TREES)
def test_whatever_is_written_loads_or_is_refused_in_words(top: object, organisation: object, policy: object) -> None:
    assert isinstance(top, dict)
    data = {**top, "organisations": {"h": organisation}, "policies": {"p": policy}}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.yaml").write_text(yaml.safe_dump(data), "utf-8")
        try:
            load(Path(folder), {})
        except ConfigError as error:
            assert all(p.place and p.found for p in error.problems)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_is_refused_in_words(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        with contextlib.suppress(ConfigError):
            load(Path(folder), dict(os.environ))
