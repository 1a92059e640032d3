"""check --domain against a real DNS server on loopback: what is right, missing, or could not be told."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.mail.far_dns import FarDns, dns_server
from worker.cli import main
from worker.mail.dkim import read_dmarc, read_keys
from worker.mail.dns import Answer, Resolver, Said
from worker.mail.domain import GOOGLE, MICROSOFT, SENDGRID, Report, Way, check_domain, way_of
from worker.mail.spf import read_spf

DOMAIN = "firm.example.com"
SERVER = way_of("mail.firm.example.com")


@pytest.fixture(scope="session")
def key() -> str:
    public = generate_private_key(65537, 1024).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.fixture
def far() -> Iterator[FarDns]:
    with dns_server() as running:
        yield running


def ask(far: FarDns, timeout: float = 2.0) -> Resolver:
    return Resolver("127.0.0.1", far.port, timeout)


def zone(far: FarDns, *lines: str) -> None:
    """`name KIND text`, `@` being the domain; several lines for one name and kind add up."""
    for line in lines:
        name, kind, text = line.split(" ", 2)
        name = DOMAIN if name == "@" else f"{name[:-2]}.{DOMAIN}" if name.endswith(".@") else name
        far.zone[name, kind] = [*far.zone.get((name, kind), ()), text]


def judged(far: FarDns, way: Way = MICROSOFT, *selectors: str, replies: tuple[str, ...] = ()) -> Report:
    return check_domain(ask(far), DOMAIN, way, selectors, replies)


def said(report: Report, level: str) -> str:
    return "\n".join(f"{f.what} | {f.ask}" for f in report.findings if f.level == level)


OUTLOOK = ("spf.protection.outlook.com TXT v=spf1 ip4:192.0.2.0/24 -all",)


def test_dns_tells_its_silences_apart(far: FarDns) -> None:
    zone(far, "@ MX 10 mx.firm.example.com.", "@ TXT " + "long " * 60)
    far.silent.add("slow.example.com")
    far.failing.add("broken.example.com")
    dns, hasty = ask(far), ask(far, 0.3)
    assert dns.ask(DOMAIN, "TXT") == Answer(Said.FOUND, ("long " * 60,))
    assert dns.ask(DOMAIN, "MX") == Answer(Said.FOUND, ("mx.firm.example.com",))
    assert dns.ask(DOMAIN, "AAAA") == Answer(Said.NOTHING)
    assert dns.ask("no.such.example.org", "TXT") == Answer(Said.NO_NAME)
    assert hasty.ask("slow.example.com", "TXT") == Answer(Said.NO_ANSWER)
    assert dns.ask("broken.example.com", "TXT") == Answer(Said.NO_ANSWER)
    assert dns.ask("x" * 64 + ".example.com", "TXT") == Answer(Said.NO_ANSWER)
    before = len(far.asked)
    dns.ask(DOMAIN.upper() + ".", "TXT")
    assert len(far.asked) == before


def test_a_domain_set_up_well(far: FarDns, key: str) -> None:
    zone(far, "@ TXT google-site-verification=x", "@ TXT v=spf1 include:spf.protection.outlook.com -all", *OUTLOOK)
    zone(far, f"selector1._domainkey.@ TXT v=DKIM1; k=rsa; p={key}", "_dmarc.@ TXT v=DMARC1; p=reject", "@ MX 5 mx.@.")
    report = judged(far, replies=(DOMAIN,))
    assert report.aligned is True
    assert {f.level for f in report.findings} == {"good"}, said(report, "missing")
    assert "1024 bits" in said(report, "good")


def test_nothing_at_all_is_said_with_what_to_ask_for(far: FarDns) -> None:
    zone(far, "@ A 192.0.2.1")
    report = judged(far)
    missing = said(report, "missing")
    assert report.aligned is False
    assert f'a TXT record at {DOMAIN}: "v=spf1 include:spf.protection.outlook.com ~all"' in missing
    assert f"switch DKIM signing on for {DOMAIN} at Microsoft 365" in missing
    assert f'a TXT record at _dmarc.{DOMAIN}: "v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"' in missing
    assert "look like forgeries" in missing


def test_a_domain_that_is_not_there_is_not_a_domain_that_does_not_answer(far: FarDns) -> None:
    assert "does not exist in DNS" in said(judged(far), "missing")
    far.silent |= {DOMAIN, f"_dmarc.{DOMAIN}", f"selector1._domainkey.{DOMAIN}", f"selector2._domainkey.{DOMAIN}"}
    report = check_domain(ask(far, 0.2), DOMAIN, MICROSOFT, ())
    assert report.aligned is None
    assert said(report, "missing") == ""
    assert said(report, "unknown").count("DNS gave no answer") == 3


@pytest.mark.parametrize(
    ("records", "level", "what"),
    [
        (["v=spf1 -all", "v=spf1 include:x.example -all"], "missing", "2 records, where receivers accept one"),
        (["v=spf1 include:gone.example.org -all"], "missing", "it names gone.example.org, which has no SPF record"),
        (["v=spf1 ip4:nonsense -all"], "missing", '"nonsense" is no network'),
        (["v=spf1 include:_spf.google.com -all"], "missing", "the record does not name Microsoft 365"),
        (["v=spf1 +all"], "missing", "+all, which lets anyone send"),
        (["v=spf1 include:spf.protection.outlook.com ?all"], "note", "forbids nobody"),
        (["v=spf1 include:loop.example.org -all"], "missing", "more than 10 DNS look-ups"),
        (["v=spf1 " + " ".join(f"exists:{n}.example.org" for n in range(11)) + " -all"], "missing", "more than 10"),
        (["v=spf10 all"], "missing", "has no record"),
    ],
)
def test_spf_records_that_do_not_do_it(far: FarDns, records: list[str], level: str, what: str) -> None:
    zone(far, "@ A 192.0.2.1", *(f"@ TXT {r}" for r in records), *OUTLOOK)
    zone(far, "loop.example.org TXT v=spf1 include:loop.example.org -all", "_spf.google.com TXT v=spf1 -all")
    zone(far, "x.example TXT v=spf1 -all")
    assert what in said(judged(far), level)


def test_spf_is_followed_into_what_it_includes_and_redirects_to(far: FarDns) -> None:
    zone(far, "@ TXT v=spf1 redirect=_spf.firm.example.com", *OUTLOOK)
    zone(far, "_spf.@ TXT v=spf1 include:%{i}.example.org include:spf.protection.outlook.com ~all")
    spf = read_spf(ask(far), DOMAIN)
    assert (spf.works, spf.names("SPF.protection.outlook.com"), spf.lookups, spf.everyone) == (True, True, 3, "~")
    assert judged(far).aligned is True


def test_an_include_that_does_not_answer_is_unknown_not_missing(far: FarDns) -> None:
    zone(far, "@ TXT v=spf1 include:slow.example.com -all")
    far.silent.add("slow.example.com")
    report = check_domain(ask(far, 0.3), DOMAIN, MICROSOFT, ())
    assert (report.aligned, "no answer for slow.example.com" in said(report, "unknown")) == (None, True)


@pytest.mark.parametrize(
    ("record", "permitted"),
    [
        ("v=spf1 a:mail.firm.example.com -all", True),
        ("v=spf1 mx -all", True),
        ("v=spf1 mx/24 -all", True),
        ("v=spf1 ip4:192.0.2.0/24 -all", True),
        ("v=spf1 -ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", False),
        ("v=spf1 a -all", False),
    ],
)
def test_ones_own_server_is_judged_by_its_addresses(far: FarDns, record: str, permitted: bool) -> None:
    zone(far, f"@ TXT {record}", "@ A 198.51.100.1", "@ MX 5 mail.@.", "mail.@ A 192.0.2.25")
    far.zone[DOMAIN, "MX"] = ["5 mail.firm.example.com."]
    report = judged(far, SERVER)
    assert ("permits the mail server" in said(report, "good")) is permitted
    assert ("does not name the mail server" in said(report, "missing")) is not permitted


def test_sendgrid_needs_dkim_since_the_envelope_is_its_own(far: FarDns, key: str) -> None:
    zone(far, "@ TXT v=spf1 include:sendgrid.net ~all", "sendgrid.net TXT v=spf1 ip4:192.0.2.0/24 ~all")
    report = judged(far, SENDGRID)
    assert report.aligned is False
    assert "DKIM has to do it" in said(report, "good")
    zone(far, f"s1._domainkey.@ TXT k=rsa; p={key}")
    assert judged(far, SENDGRID).aligned is True


def test_dkim_keys_that_cannot_be_used(far: FarDns, key: str) -> None:
    tiny = RSAPublicNumbers(65537, (1 << 767) | 1).public_key()
    small = base64.b64encode(tiny.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    zone(
        far,
        "off._domainkey.@ TXT v=DKIM1; p=",
        "odd._domainkey.@ TXT v=DKIM1; p=!!!!",
        "ed._domainkey.@ TXT k=ed25519; p=abc",
    )
    zone(far, f"small._domainkey.@ TXT p={small}", f"good._domainkey.@ TXT p={key}", "text._domainkey.@ TXT hello")
    keys = read_keys(ask(far), DOMAIN, ["off", "odd", "ed", "small", "good", "text", "none"])
    assert [k.usable for k in keys] == [False, False, True, False, True, False, False]
    assert (keys[0].wrong, keys[3].wrong) == ("it was withdrawn (empty p=)", "its key has only 768 bits")
    assert (keys[5].said, keys[6].said) == (Said.NOTHING, Said.NO_NAME)
    assert "odd._domainkey" in said(judged(far, GOOGLE, "odd"), "missing")


def test_dmarc_is_looked_for_above_and_its_own_answer_counts_first(far: FarDns) -> None:
    dns = ask(far)
    assert read_dmarc(dns, DOMAIN).said is Said.NOTHING
    zone(far, "_dmarc.example.com TXT v=DMARC1; p=reject; sp=quarantine; aspf=s")
    above = read_dmarc(ask(far), DOMAIN)
    assert (above.at, above.policy, above.strict_spf, above.strict_dkim) == ("example.com", "quarantine", True, False)
    zone(far, "_dmarc.@ TXT v=DMARC1; p=none")
    assert read_dmarc(ask(far), DOMAIN).policy == "none"
    assert "let forgeries through" in said(judged(far), "note")
    zone(far, "_dmarc.@ TXT v=DMARC1; p=reject")
    assert "2 policies" in said(judged(far), "missing")
    assert ("_dmarc.com", "TXT") not in far.asked


def test_replies_must_arrive_somewhere(far: FarDns) -> None:
    zone(far, "@ MX 5 mx.firm.example.com.", "old.example.org A 192.0.2.9", "none.example.org TXT hello")
    report = judged(far, replies=(DOMAIN, "old.example.org", "none.example.org"))
    assert f"Replies: {DOMAIN} takes mail." in said(report, "good")
    assert "old.example.org has no MX record" in said(report, "note")
    assert "nothing takes mail for none.example.org" in said(report, "missing")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.office365.com", "Microsoft 365"),
        ("smtp-mail.outlook.com", "Microsoft 365"),
        ("smtp.gmail.com", "Google"),
        ("smtp.sendgrid.net", "SendGrid"),
        ("notgmail.com", "the mail server notgmail.com"),
    ],
)
def test_known_senders_by_their_servers(host: str, name: str) -> None:
    assert way_of(host).name == name


CONFIG = """\
state: ./state
mail: {mailer: smtp, smtp: {login: microsoft, client id from: {env: APP}}}
organisations:
  birch:
    books: {kind: sandbox}
    sender: {name: Birch, email: accounts@firm.example.com}
    signature: {name: Bea, email: bea@firm.example.com}
    mail: {smtp: {user: accounts@firm.example.com}}
  larch:
    books: {kind: sandbox}
    sender: {name: Larch, email: accounts@firm.example.com, dkim selectors: [odd]}
    mail: {smtp: {host: mail.firm.example.com}}
"""


def test_the_command_says_it_in_words_and_in_json_and_changes_nothing(far: FarDns, key: str, tmp_path: Path) -> None:
    zone(far, "@ TXT v=spf1 include:spf.protection.outlook.com -all", *OUTLOOK, "_dmarc.@ TXT v=DMARC1; p=reject")
    zone(far, f"selector1._domainkey.@ TXT p={key}", "@ MX 5 mx.firm.example.com.", "mail.@ A 203.0.113.1")
    (tmp_path / "config.yaml").write_text(CONFIG)
    words = ["check", "--domain", "--dns", f"127.0.0.1:{far.port}", "--config", str(tmp_path / "config.yaml")]
    env = {"APP": "app", "NO_COLOR": "1", "COLUMNS": "200"}
    told = CliRunner().invoke(main, words, env=env)
    assert told.exit_code == 1, told.output
    assert "firm.example.com, sent by Microsoft 365 (birch)" in told.stdout
    assert "ok       Letters from firm.example.com sent by Microsoft 365 can be told from forgeries." in told.stdout
    assert "missing  DKIM: no key at firm.example.com for odd." in told.stdout
    data = json.loads(CliRunner().invoke(main, [*words, "--json"], env=env).stdout)
    assert [(d["organisations"], d["aligned"]) for d in data["domains"]] == [(["birch"], True), (["larch"], False)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.yaml"]


def test_a_dns_server_is_named_by_its_address(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    words = ["check", "--domain", "--dns", "dns.example.com", "--config", str(tmp_path / "config.yaml")]
    told = CliRunner().invoke(main, words, env={"APP": "app"})
    assert (told.exit_code, '"dns.example.com" is no DNS server' in told.stderr) == (2, True)
