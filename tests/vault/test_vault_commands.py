"""duecourse vault as people use it, and the settings behind it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.vault.support import KEY, OTHER_KEY, consented
from worker.app import App
from worker.cli import main
from worker.config.load import load
from worker.config.values import KeyPlace
from worker.errors import ConfigError

CONFIG = """\
state: ./state
vault: {{store: {store}, key: "env:VAULT", previous keys: [{{env: OLD_VAULT}}]}}
organisations:
  harbour:
    books: {{kind: xero, client id from: {{env: ID}}}}
  quay:
    books: {{kind: xero, client id from: {{env: ID}}, connection: harbour, tenant: t-2}}
  pier:
    books: {{kind: sandbox}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ID", "app")
    monkeypatch.setenv("VAULT", KEY.reveal())
    return tmp_path


def write(folder: Path, store: str = "files") -> None:
    (folder / "config.yaml").write_text(CONFIG.format(store=store))


def vault(*words: str) -> Result:
    return CliRunner().invoke(main, ["vault", *words])


def test_a_key_is_changed_without_a_new_consent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with App(load(folder, {"ID": "app"})) as app:
        app.tokens.save("harbour", consented("r0"))
    assert "1 of 1 can be opened" in vault("check").output
    monkeypatch.setenv("VAULT", OTHER_KEY.reveal())
    closed = vault("check")
    assert closed.exit_code == 1 and "not at hand" in closed.output
    assert vault("rotate").exit_code == 1
    monkeypatch.setenv("OLD_VAULT", KEY.reveal())
    rotated = vault("rotate")
    assert rotated.exit_code == 0 and "variable VAULT: 1. Already so: 0." in rotated.output
    assert "variable VAULT: 0. Already so: 1." in vault("rotate").output
    monkeypatch.delenv("OLD_VAULT")
    (row,) = json.loads(vault("check", "--json").output)["connections"]
    assert row["connection"] == "harbour" and row["platform"] == "xero" and row["trouble"] == ""


@pytest.mark.parametrize(("before", "after"), [("files", "logbook"), ("logbook", "files")])
def test_changing_the_store_moves_what_is_kept(folder: Path, before: str, after: str) -> None:
    write(folder, before)
    with App(load(folder, {"ID": "app"})) as app:
        app.tokens.save("harbour", consented("r0"))
    write(folder, after)
    with App(load(folder, {"ID": "app"})) as app:
        kept = app.tokens.load("harbour")
        assert kept == consented("r0")
        app.tokens.save("harbour", kept)
        in_files = list((folder / "state" / "tokens").glob("*.json"))
        in_logbook = app.logbook.connections().names()
    assert (len(in_files), len(in_logbook)) == ((0, 1) if after == "logbook" else (1, 0))


def test_a_new_key_is_printed_or_written_never_over_another(folder: Path) -> None:
    one, other = vault("key").output, vault("key").output
    assert one != other and len(one.strip()) == 43 and one.count("\n") == 1
    said = vault("key", "--to", "my.key")
    assert said.exit_code == 0 and str(folder / "my.key") in said.output
    written = (folder / "my.key").read_text().strip()
    assert len(written) == 43 and written not in said.output
    again = vault("key", "--to", "my.key")
    assert again.exit_code == 2 and "never written over" in again.output
    assert (folder / "my.key").read_text().strip() == written


@pytest.mark.parametrize(
    ("words", "env", "store", "key"),
    [
        ("", {}, "files", None),
        ("", {"DUECOURSE_VAULT_KEY": "x"}, "files", KeyPlace("env", "DUECOURSE_VAULT_KEY")),
        ("vault: {store: logbook}", {}, "logbook", None),
        (
            "vault: {key: {aws: practice/vault}}",
            {"DUECOURSE_VAULT_KEY": "x"},
            "files",
            KeyPlace("aws", "practice/vault"),
        ),
        ('vault: {key: "gcp:projects/p/secrets/s"}', {}, "files", KeyPlace("gcp", "projects/p/secrets/s")),
        ("logbook: {url from: {env: DB}}", {"DB": "postgresql://x@y/z"}, "logbook", None),
        ("logbook: {url from: {env: DB}}\nvault: {store: files}", {"DB": "postgresql://x@y/z"}, "files", None),
    ],
)
def test_settings(tmp_path: Path, words: str, env: dict[str, str], store: str, key: KeyPlace | None) -> None:
    (tmp_path / "config.yaml").write_text(f"{words}\norganisations: {{pier: {{books: {{kind: sandbox}}}}}}\n")
    settings = load(tmp_path, env).vault
    found = settings.key and KeyPlace(settings.key.kind, settings.key.where)
    assert (settings.store, found) == (store, key)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (f"vault: {{key: {KEY.reveal()}}}", "no place of a key (not shown here)"),
        (f"vault: {{key: {{secret: {KEY.reveal()}}}}}", "expected: env: NAME, file: PATH"),
        ("vault: {key: {file: state/vault.key}}", "a vault key in the state folder"),
        ("vault: {previous keys: [{file: ./state/old.key}]}", "a vault key in the state folder"),
        ("vault: {store: cupboard}", "cupboard"),
        ("vault: {key: {env: }}", "the name of an environment variable"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, words: str, found: str) -> None:
    (tmp_path / "config.yaml").write_text(f"{words}\norganisations: {{pier: {{books: {{kind: sandbox}}}}}}\n")
    with pytest.raises(ConfigError) as error:
        load(tmp_path, {})
    assert found in str(error.value)
    assert KEY.reveal() not in str(error.value)
