"""What every store of connections promises, whatever it is made of."""

import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vault.identity import START
from tests.vault.support import KEY, NAME, OTHER_KEY, Opened, sealer
from worker.core.grant import Grant, GrantState, Intent
from worker.core.secret import Secret
from worker.errors import ConnectionBroken
from worker.vault.codec import decode, encode
from worker.vault.files import FileShelf
from worker.vault.keys import new_key
from worker.vault.tokens import SealedTokens

GRANT = Grant(
    refresh=Secret("canary-refresh"),
    access=Secret("canary-access"),
    expires=START,
    previous=Secret("canary-previous"),
    generation=7,
    platform="xero",
    client_id="app",
    consented=START,
    refreshed=START + timedelta(days=3, microseconds=1),
    ends=START + timedelta(days=63),
    tenants=(("t-1", "Harbour & Pine"), ("t-2", "Ünïted")),
    state=GrantState.NEEDS_CONSENT,
    why="it says so",
    intent=Intent("abc", START),
)
HOSTILE = ("one", "One", "a/b", "../../etc/x", "a b", "a-b", "ä", "x" * 200, ".", "CON", "a\nb", "a.json", "-", "%s")


@pytest.fixture
def tokens(opened: Opened) -> SealedTokens:
    return SealedTokens(opened(), sealer())


def test_everything_comes_back_in_another_process(tokens: SealedTokens, opened: Opened) -> None:
    assert tokens.load(NAME) is None
    tokens.save(NAME, GRANT)
    later = replace(GRANT, generation=8, tenants=(), intent=None)
    assert SealedTokens(opened(), sealer()).load(NAME) == GRANT
    tokens.save(NAME, later)
    assert SealedTokens(opened(), sealer()).load(NAME) == later


def test_names_never_meet(tokens: SealedTokens) -> None:
    grants = {name: replace(GRANT, generation=n) for n, name in enumerate(HOSTILE)}
    for name, grant in grants.items():
        tokens.prove(name)
        with tokens.lock(name):
            tokens.save(name, grant)
    assert {name: tokens.load(name) for name in HOSTILE} == grants
    assert tokens.names() == tuple(sorted(HOSTILE))


def test_forgetting_takes_one_away(tokens: SealedTokens) -> None:
    tokens.save(NAME, GRANT)
    tokens.save("other", GRANT)
    tokens.forget(NAME)
    tokens.forget("never there")
    assert tokens.load(NAME) is None
    assert tokens.names() == ("other",)


def test_what_is_kept_shows_no_secret(tokens: SealedTokens, opened: Opened) -> None:
    tokens.save(NAME, GRANT)
    kept = opened().read(NAME)
    assert kept is not None and b"canary" not in kept
    assert KEY.reveal().encode() not in kept
    tokens.save(NAME, GRANT)
    assert opened().read(NAME) != kept, "another nonce every time"


def test_a_swapped_or_edited_one_does_not_open(tokens: SealedTokens, opened: Opened) -> None:
    tokens.save(NAME, GRANT)
    tokens.save("other", replace(GRANT, platform="quickbooks"))
    shelf = opened()
    mine, other = shelf.read(NAME), shelf.read("other")
    assert mine and other
    shelf.write(NAME, other)
    with pytest.raises(ConnectionBroken, match="labelled as another"):
        tokens.load(NAME)
    edits = [
        other.replace(b'"other"', b'"harbour"'),
        mine.replace(b'"xero"', b'"quickbooks"'),
        mine.replace(b'"tenant": ""', b'"tenant": "t-9"'),
        mine.replace(b'"sealed": "', b'"sealed": "AAAA'),
    ]
    for edited in edits:
        assert edited not in (mine, other)
        shelf.write(NAME, edited)
        with pytest.raises(ConnectionBroken, match="does not open"):
            tokens.load(NAME)
    for spoilt in (b"", b"{", b"[]", b'{"sealed": 1}', b'{"version": 2}', encode(GRANT), b"\xff"):
        shelf.write(NAME, spoilt)
        with pytest.raises(ConnectionBroken, match="cannot be read"):
            tokens.load(NAME)
    shelf.write(NAME, mine)
    assert tokens.load(NAME) == GRANT


def test_a_key_can_be_changed(tokens: SealedTokens, opened: Opened) -> None:
    tokens.save(NAME, GRANT)
    changed = SealedTokens(opened(), sealer(OTHER_KEY, KEY))
    assert changed.load(NAME) == GRANT
    with pytest.raises(ConnectionBroken, match="not at hand") as error:
        SealedTokens(opened(), sealer(OTHER_KEY)).load(NAME)
    assert "previous keys" in error.value.todo
    assert changed.reseal(NAME)
    assert not changed.reseal(NAME)
    assert SealedTokens(opened(), sealer(OTHER_KEY)).load(NAME) == GRANT
    with pytest.raises(ConnectionBroken, match="not at hand"):
        tokens.load(NAME)


def test_without_a_key_nothing_is_saved_and_a_refresh_is_not_begun(opened: Opened) -> None:
    tokens = SealedTokens(opened(), sealer(None))
    for deed in (lambda: tokens.save(NAME, GRANT), lambda: tokens.prove(NAME)):
        with pytest.raises(ConnectionBroken, match="no vault key in the test"):
            deed()
    assert tokens.names() == ()


def test_what_lay_elsewhere_moves_here_when_written(opened: Opened, tmp_path: Path) -> None:
    before = FileShelf(tmp_path / "before")
    SealedTokens(before, sealer()).save(NAME, GRANT)
    tokens = SealedTokens(opened(), sealer(), before)
    assert tokens.load(NAME) == GRANT and tokens.names() == (NAME,)
    tokens.save(NAME, replace(GRANT, generation=8))
    assert before.read(NAME) is None
    assert opened().read(NAME) is not None
    tokens.forget(NAME)
    assert tokens.names() == ()


def test_one_holder_at_a_time_and_a_dead_one_lets_go(opened: Opened) -> None:
    """A child takes the lock, tells so, and is killed; whoever waited goes on."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with opened().lock(NAME):
                os.write(tell, b"held")
                signal.pause()
        finally:
            os._exit(1)
    assert os.read(told, 4) == b"held"
    waiting = os.fork()
    if waiting == 0:
        try:
            os.write(tell, b"w")
            with opened().lock(NAME):
                os.write(tell, b"g")
        finally:
            os._exit(0)
    assert os.read(told, 1) == b"w"
    with opened().lock("another name"):
        pass
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert os.read(told, 1) == b"g"
    os.waitpid(waiting, 0)
    os.close(told)
    os.close(tell)


instants = st.datetimes(min_value=START.replace(tzinfo=None)).map(lambda d: d.replace(tzinfo=START.tzinfo))
texts = st.text(st.characters(codec="utf-8"), max_size=20)
grants = st.builds(
    Grant,
    refresh=texts.map(Secret),
    access=texts.map(Secret),
    expires=instants,
    previous=texts.map(Secret),
    generation=st.integers(0, 10**9),
    platform=texts,
    client_id=texts,
    consented=st.none() | instants,
    refreshed=st.none() | instants,
    ends=st.none() | instants,
    tenants=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    state=st.sampled_from(GrantState),
    why=texts,
    intent=st.none() | st.builds(Intent, token=texts, since=instants),
)


@given(grants, texts)
def test_any_grant_seals_and_opens(grant: Grant, name: str) -> None:
    assert decode(encode(grant)) == grant
    sealed = sealer().seal(name, grant)
    assert sealer().open(name, sealed) == grant
    with pytest.raises(ConnectionBroken):
        sealer(new_key()).open(name, sealed)


def test_a_consent_of_an_earlier_duecourse_is_read_and_then_sealed(opened: Opened) -> None:
    tokens_part = b'{"refresh": "earlier-refresh", "access": "a1", "previous": "r0", "generation": 1, '
    plain = tokens_part + b'"expires": "2026-10-01T08:29:00+00:00"}'
    name = "xero-0123456789abcdef"
    opened().write(name, plain)
    tokens = SealedTokens(opened(), sealer())
    grant = tokens.load(name)
    assert grant is not None
    assert (grant.refresh, grant.generation, grant.state) == (Secret("earlier-refresh"), 1, GrantState.GOOD)
    assert tokens.names() == (name,)
    assert tokens.reseal(name)
    assert tokens.load(name) == grant
    assert b"earlier-refresh" not in (opened().read(name) or b"")
    opened().write("harbour", plain)
    with pytest.raises(ConnectionBroken):
        tokens.load("harbour")  # such a name was never kept unsealed: somebody put it there
