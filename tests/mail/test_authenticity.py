"""A message is genuine when our own server says so, of the very domain it claims to come from; nobody else counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.mail.authenticity import verdict

OURS = "mx.practice.example.net"


def mail(*headers: str, sender: str = "Jo <jo@example.com>") -> bytes:
    return "\r\n".join([*headers, f"From: {sender}", "Subject: Re: digest", "", "yes 3", ""]).encode()


def results(text: str, server: str = OURS) -> str:
    return f"Authentication-Results: {server};\r\n\t{text}"


@pytest.mark.parametrize(
    "text",
    [
        "dkim=pass (2048-bit key) header.d=example.com header.s=k1",
        "dkim=pass header.i=@example.com; spf=fail smtp.mailfrom=example.org",
        "spf=none; dmarc=pass (p=NONE dis=NONE) header.from=example.com",
        "dkim=fail header.d=else.example.org; dkim=pass header.d=example.com",
    ],
)
def test_a_pass_for_the_senders_own_domain_is_genuine(text: str) -> None:
    found = verdict(mail(results(text)), OURS)
    assert (found.genuine, found.sender, found.why) == (True, "jo@example.com", "")
    assert verdict(mail(results(text), sender="Jo <JO@Mail.Example.com>"), OURS).genuine == ("dkim" in text)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ((), "says nothing"),
        ((results("dkim=pass header.d=example.com", "mx.attacker.example"),), "says nothing"),
        ((results("dkim=pass header.d=attacker.example"),), "no dkim or dmarc pass"),
        ((results("dkim=pass header.d=com"),), "no dkim or dmarc pass"),
        ((results("dkim=pass header.d=notexample.com"),), "no dkim or dmarc pass"),
        ((results("dkim=pass"),), "no dkim or dmarc pass"),
        ((results("dkim=fail (dkim=pass header.d=example.com)"),), "no dkim or dmarc pass"),
        ((results('dkim=fail reason="; dkim=pass header.d=example.com"'),), "no dkim or dmarc pass"),
        ((results("dkim=fail (\\) ; dkim=pass header.d=example.com"),), "no dkim or dmarc pass"),
        ((results("spf=pass smtp.mailfrom=example.com"),), "no dkim or dmarc pass"),
        ((results("dmarc=pass header.from=attacker.example"),), "no dkim or dmarc pass"),
        ((results("dkim=pass header.d=example.com; dmarc=fail header.from=example.com"),), "dmarc"),
        ((results("none"),), "no dkim or dmarc pass"),
        ((results("dkim=fail header.d=example.com"), results("dkim=pass header.d=example.com")), "no dkim"),
        (("X-Authentication-Results: " + OURS + "; dkim=pass header.d=example.com",), "says nothing"),
    ],
)
def test_everything_else_is_not(headers: tuple[str, ...], why: str) -> None:
    found = verdict(mail(*headers), OURS)
    assert not found.genuine and why in found.why


def test_a_sender_that_is_not_one_is_nobody() -> None:
    good = results("dkim=pass header.d=example.com")
    for sender in ("jo@example.com, eve@example.org", "jo", "", "jo@example.com\r\nFrom: eve@example.org"):
        found = verdict(mail(good, sender=sender), OURS)
        assert (found.genuine, found.sender) == (False, "")


def test_microsofts_header_names_nobody_and_stands_on_top() -> None:
    own = "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=example.com; dkim=pass\r\n"
    own += " (signature was verified) header.d=example.com;dmarc=pass action=none\r\n header.from=example.com"
    assert verdict(mail(own), "microsoft").genuine
    forged = results("dkim=pass header.d=example.com")
    assert not verdict(mail(forged, own), "microsoft").genuine, "it is not on top"
    assert not verdict(mail(own), OURS).genuine


@given(st.binary(max_size=400), st.text(max_size=80))
def test_whatever_comes_is_judged_and_never_genuine_without_our_server(junk: bytes, name: str) -> None:
    head = b"Authentication-Results: " + junk.replace(b"\n", b"").replace(OURS.encode(), b"")
    for raw in (junk, head + b"\r\nFrom: jo@example.com\r\n\r\nyes 3"):
        assert not verdict(raw, OURS).genuine
        verdict(raw, name or "x")
