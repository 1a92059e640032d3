"""Where vault keys come from, and which of those places are not to be trusted."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.clouds import aws, google
from tests.vault.support import KEY, OTHER_KEY, GivenKey
from worker.core.secret import Secret
from worker.errors import ConnectionBroken
from worker.vault.clouds import AwsKey, GoogleKey
from worker.vault.files import FileShelf
from worker.vault.keys import Keyring, new_key, read_key
from worker.vault.sources import EnvironmentKey, FileKey, OwnKey, in_container, write_key

__all__ = ["aws", "google"]


def test_new_keys_differ_and_read_back() -> None:
    one, other = new_key(), new_key()
    assert one != other
    key = read_key(one, "here")
    assert len(key.bytes()) == 32 and len(key.id) == 8
    assert key.id != read_key(other, "here").id
    spaced = Secret(f"  {one.reveal()}=\n")
    assert read_key(spaced, "here").id == key.id
    assert one.reveal() not in repr(key)


@pytest.mark.parametrize("text", ["", "canary", "canary" * 20, "ä" * 43, KEY.reveal()[:-2], "?" * 43])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConnectionBroken, match="not a vault key") as error:
        read_key(Secret(text), "the file x")
    assert "canary" not in str(error.value)


def test_keys_are_fetched_when_needed_and_once() -> None:
    now, before = GivenKey(KEY), GivenKey(OTHER_KEY)
    ring = Keyring(now, (before,))
    assert (now.asked, before.asked) == (0, 0)
    assert ring.sealing() is ring.sealing()
    assert (now.asked, before.asked) == (1, 0)
    old = read_key(OTHER_KEY, "").id
    assert ring.opening(old) == ring.opening(old)
    assert before.asked == 1
    assert ring.opening("00000000") is None


def test_environment() -> None:
    assert EnvironmentKey("K", {"K": KEY.reveal()}).fetch() == KEY
    assert EnvironmentKey("K", {"K": ""}).fetch(make=True) is None
    assert EnvironmentKey("K", {}).where == "the environment variable K"


def test_a_key_file_is_private_elsewhere_and_never_written_over(tmp_path: Path) -> None:
    path, state = tmp_path / "vault.key", tmp_path / "state"
    state.mkdir()
    assert FileKey(path, state).fetch(make=True) is None
    write_key(path, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FileKey(path, state).fetch() == KEY
    with pytest.raises(FileExistsError):
        write_key(path, OTHER_KEY)
    assert FileKey(path, state).fetch() == KEY
    assert [f.name for f in tmp_path.iterdir() if f.is_file()] == ["vault.key"]
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(ConnectionBroken, match=f"read by others.*{mode:04o}"):
            FileKey(path, state).fetch()
    path.chmod(0o600)
    within = state / "deeper" / "vault.key"
    within.parent.mkdir()
    write_key(within, KEY)
    (tmp_path / "link").symlink_to(within)
    for place in (within, tmp_path / "link"):
        with pytest.raises(ConnectionBroken, match="beside what it locks"):
            FileKey(place, state).fetch()


def test_a_laptop_makes_its_own_key_once_and_says_so(tmp_path: Path) -> None:
    told: list[Path] = []
    env, state = {"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path / "state"

    def own() -> OwnKey:
        return OwnKey(env, state, told.append, contained=False)

    assert own().fetch() is None, "opening needs no new key"
    made = own().fetch(make=True)
    assert made is not None and own().fetch() == own().fetch(make=True) == made
    path = tmp_path / "config" / "duecourse" / "vault.key"
    assert told == [path] and str(path) in own().where
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert OwnKey({"HOME": str(tmp_path)}, state, told.append, contained=False).where.endswith(
        ".config/duecourse/vault.key"
    )


def test_a_container_makes_none(tmp_path: Path) -> None:
    told: list[Path] = []
    for env, contained in (({"XDG_CONFIG_HOME": str(tmp_path)}, True), ({}, False)):
        ring = Keyring(OwnKey(env, tmp_path / "state", told.append, contained=contained))
        with pytest.raises(ConnectionBroken, match="DUECOURSE_VAULT_KEY"):
            ring.sealing()
    assert told == [] and list(tmp_path.iterdir()) == []
    assert in_container({"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assert in_container({"AWS_LAMBDA_FUNCTION_NAME": "f"})


# --- secret managers ------------------------------------------------------------------------------------------------


def test_aws_secrets_manager(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.create_secret(Name="duecourse/vault", SecretString=KEY.reveal() + "\n")
    assert AwsKey("duecourse/vault").fetch() == KEY
    assert AwsKey("not there").fetch(make=True) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(ConnectionBroken, match="could not be got from the AWS secret duecourse/vault"):
        AwsKey("duecourse/vault").fetch()


def test_google_secret_manager(google: str) -> None:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer given"

    def key(name: str) -> GoogleKey:
        return GoogleKey(name, session, google)

    assert key("projects/p/secrets/vault").fetch() == KEY
    assert key("projects/p/secrets/vault/versions/latest").fetch() == KEY
    assert key("projects/p/secrets/none").fetch(make=True) is None
    for name, why in (("projects/p/secrets/secret", "403"), ("projects/p/secrets/broken/versions/3", "KeyError")):
        with pytest.raises(ConnectionBroken, match=why):
            key(name).fetch()
    with pytest.raises(ConnectionBroken, match="could not be got from the Google secret"):
        GoogleKey("projects/p/secrets/vault", session, "http://127.0.0.1:1/v1").fetch()


def test_google_without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(ConnectionBroken, match="Google finds no credentials"):
        GoogleKey("projects/p/secrets/vault").fetch()


# --- files of connections -------------------------------------------------------------------------------------------


def test_wider_modes_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    shelf = FileShelf(folder)
    old = os.umask(0)
    try:
        shelf.write("one", b"{}")
        with shelf.lock("one"):
            shelf.prove("one")
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {0o600}
    (folder / "one.json").chmod(0o640)
    with pytest.raises(ConnectionBroken, match=r"one\.json may be read or written by others .mode 0640"):
        shelf.read("one")
    assert shelf.names() == ("one",), "the others are none the worse for it"
    (folder / "one.json").chmod(0o600)
    folder.chmod(0o750)
    with pytest.raises(ConnectionBroken, match="chmod 700"):
        shelf.prove("one")


@pytest.mark.parametrize(("kind", "refused"), [("tmpfs", True), ("overlay", True), ("ext4", False), ("xfs", False)])
def test_in_live_mode_tokens_must_last(tmp_path: Path, kind: str, refused: bool) -> None:
    mounts = f"/dev/x / {kind} rw 0 0\n"
    FileShelf(tmp_path / "preview", mounts=mounts).prove("one")
    live = FileShelf(tmp_path / "live", lasting=True, mounts=mounts)
    if not refused:
        live.prove("one")
        return
    with pytest.raises(ConnectionBroken, match=f"is on {kind}") as error:
        live.prove("one")
    assert "store: logbook" in error.value.todo
