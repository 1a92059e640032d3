"""From what a bookkeeper writes to what the connector is opened with."""

from pathlib import Path

import pytest

from worker.app import App, options_of
from worker.config.load import load
from worker.config.values import QuickBooksBooks, SandboxBooks
from worker.errors import ConfigError

PRACTICE = """
state: ./state
organisations:
  quay:
    zone: America/New_York
    books:
      kind: quickbooks
      realm: 123146096291789
      client id from: {env: QB_ID}
      client secret from: {env: QB_WORD}
      refresh token from: {env: QB_TOKEN}
"""
ENV = {"QB_ID": "id-1", "QB_WORD": "word-1", "QB_TOKEN": "AB11-canary"}


def written(folder: Path, text: str) -> Path:
    (folder / "config.yaml").write_text(text, "utf-8")
    return folder


def test_a_company_as_written(tmp_path: Path) -> None:
    practice = load(written(tmp_path, PRACTICE), ENV)
    (organisation,) = practice.organisations
    assert isinstance(organisation.books, QuickBooksBooks) and "canary" not in repr(practice)
    assert options_of(organisation) == {
        "realm": "123146096291789", "client_id": "id-1", "client_secret": "word-1", "refresh_token": "AB11-canary",
        "page_size": 1000, "zone": "America/New_York", "organisation": "quay",
    }  # fmt: skip
    with App(practice) as app, app.books(organisation) as books:
        assert books.read(None, app.clock.now()).full


@pytest.mark.parametrize(
    ("change", "to", "found"),
    [
        ("realm: 123146096291789", "realm: 12-34", '"12-34"'),
        ("      realm: 123146096291789\n", "", '"realm" is missing'),
        (
            "kind: quickbooks",
            "kind: quickbooks\n      connection: ours",
            '"connection" and "refresh token from" together',
        ),
        ("kind: quickbooks", "kind: quickbooks\n      api url: https://books.example.com", "another address"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(tmp_path: Path, change: str, to: str, found: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, PRACTICE.replace(change, to)), ENV)
    assert found in str(error.value)


def test_intuits_own_sandbox_is_no_test_address(tmp_path: Path) -> None:
    more = "kind: quickbooks\n      api url: https://sandbox-quickbooks.api.intuit.com"
    assert load(written(tmp_path, PRACTICE.replace("kind: quickbooks", more)), ENV)


def test_the_sandbox_wears_either_face(tmp_path: Path) -> None:
    text = "state: ./state\norganisations:\n  quay:\n    books: {kind: sandbox, face: QuickBooks}\n"
    books = load(written(tmp_path, text), {}).organisations[0].books
    assert isinstance(books, SandboxBooks) and books.face == "quickbooks"


def test_a_quickbooks_sandbox_elsewhere_needs_its_tenant(tmp_path: Path) -> None:
    face = "{kind: sandbox, face: quickbooks, url: http://127.0.0.1:8765}"
    practice = load(written(tmp_path, f"state: ./s\norganisations:\n  quay:\n    books: {face}\n"), {})
    with App(practice) as app, pytest.raises(ConfigError, match="without a tenant"):
        app.books(practice.organisations[0]).__enter__()
