"""Any secret of the configuration may lie in a cloud's secret manager; nothing of a cloud is loaded when none does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

import worker.clouds
from tests.clouds import aws, google
from tests.vault.support import KEY
from worker.config.load import load
from worker.errors import ConfigError

__all__ = ["aws", "google"]

ORGANISATION = "organisations: {harbour: {books: {kind: csv, invoices: invoices.csv}}}\n"
URL = "postgresql://duecourse:canary@db.example.com/duecourse"


def written(folder: Path, text: str) -> Path:
    (folder / "config.yaml").write_text(text + ORGANISATION, encoding="utf-8")
    return folder


def test_a_secret_of_aws_wherever_one_is_named(aws: Any, tmp_path: Path) -> None:
    aws.create_secret(Name="duecourse/logbook", SecretString=URL + "\n")
    folder = written(
        tmp_path,
        "logbook: {url from: {aws: duecourse/logbook}}\nalerts: {webhook from: {aws: duecourse/logbook}}\n",
    )
    practice = load(folder, {})
    assert practice.logbook_url and practice.logbook_url.reveal() == URL
    aws.put_secret_value(SecretId="duecourse/logbook", SecretString=URL + "2")
    changed = load(folder, {}).logbook_url
    assert changed and changed.reveal() == URL + "2", "a configuration read again asks again"


def test_one_question_for_a_secret_that_is_named_twice(
    aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.create_secret(Name="one", SecretString="https://example.com/hook")
    asked, real = [], worker.clouds.aws_secret

    def counted(name: str) -> Any:
        asked.append(name)
        return real(name)

    monkeypatch.setattr(worker.clouds, "aws_secret", counted)
    load(written(tmp_path, "ping: {url from: {aws: one}}\nalerts: {webhook from: {aws: one}}\n"), {})
    assert asked == ["one"]


def test_what_is_missing_or_cannot_be_asked_is_a_problem_of_its_line(
    aws: Any, google: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    text = "logbook: {url from: {aws: nowhere}}\nping: {url from: {gcp: projects/p/secrets/vault}}\n"
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, text), {})
    assert [(p.place, p.found, p.todo) for p in error.value.problems] == [
        ("config.yaml:1", "there is no AWS secret nowhere, or it is empty", "make it, with the secret alone in it"),
        (
            "config.yaml:2",
            "the Google secret projects/p/secrets/vault could not be read "
            "(Google finds no credentials on this machine)",
            "Run with a service account, or point GOOGLE_APPLICATION_CREDENTIALS at one.",
        ),
    ]


def test_a_secret_of_google(google: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer given"
    monkeypatch.setattr(worker.clouds, "GOOGLE", google)
    monkeypatch.setattr(worker.clouds, "_authorised", lambda: session)
    practice = load(written(tmp_path, "ping: {url from: {gcp: projects/p/secrets/vault}}\n"), {})
    assert practice.ping == KEY


def test_nothing_of_a_cloud_is_loaded_when_none_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from worker.config.load import load; "
        "load(Path(sys.argv[1]), {}); "
        "sys.exit(sorted({'boto3', 'botocore', 'google.auth', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(written(tmp_path, ""))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.strip() == "[]", done.stderr
