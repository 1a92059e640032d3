"""The consent pages of both faces, what a code buys, and how a connection ends: as strict as the platforms."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from connectors.sandbox.apps import LIVE_ID, REDIRECT
from connectors.sandbox.company import Company
from connectors.sandbox.server import Running, serve
from tests.connectors.person import answer
from tests.connectors.sandbox.conftest import NOW

VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {"response_type": "code", "redirect_uri": REDIRECT, "state": "s1"}
XERO = {
    **ASKED,
    "scope": "offline_access accounting.invoices.read accounting.settings.read",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
QUICKBOOKS = {**ASKED, "scope": "com.intuit.quickbooks.accounting"}


@pytest.fixture
def two(told: Company) -> Iterator[Running]:
    """Two organisations behind one server."""
    other = Company(
        replace(told.organisation, id="22222222-2222-4222-8222-222222222222", name="Quay Street Books"), 1, []
    )
    company = Company(told.organisation, told.seed, told.events[:200], told.truths)
    with serve([company, other], now=NOW) as running:
        yield running


class Platform:
    """One face as an app sees it."""

    def __init__(self, running: Running, path: str, query: dict[str, str]) -> None:
        self.running, self._path, self._query = running, path, query

    def url(self, **changed: str) -> str:
        query = {"client_id": self.running.client_id, **self._query, **changed}
        return f"{self.running.url}{self._path}?{urlencode(query)}"

    def code(self, *names: str, **changed: Any) -> dict[str, str]:
        back = answer(self.url(), *names, **changed)
        return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}

    def post(self, path: str, **given: Any) -> requests.Response:
        word = (self.running.client_id, self.running.client_secret)
        return requests.post(f"{self.running.url}{path}", **{"auth": word, "timeout": 5, **given})

    def token(self, **form: str) -> requests.Response:
        path = "/connect/token" if self._path.startswith("/identity") else "/oauth2/v1/tokens/bearer"
        return self.post(path, data=form)

    def consent(self, *names: str, **changed: Any) -> dict[str, Any]:
        code = self.code(*names, **changed)["code"]
        proof = {"code_verifier": VERIFIER} if "code_challenge" in self._query else {}
        return self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **proof).json()

    def get(self, path: str, access: str, tenant: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {access}", "Accept": "application/json", "xero-tenant-id": tenant}
        return requests.get(f"{self.running.url}{path}", headers=headers, timeout=5)


@pytest.fixture
def xero(two: Running) -> Platform:
    return Platform(two, "/identity/connect/authorize", XERO)


@pytest.fixture
def quickbooks(two: Running) -> Platform:
    return Platform(two, "/connect/oauth2", QUICKBOOKS)


def test_what_was_allowed_is_reached_and_nothing_else(xero: Platform) -> None:
    first, second = xero.running.tenants
    found = xero.consent("Quay Street Books")
    listed = xero.get("/connections", found["access_token"]).json()
    assert [(one["tenantId"], one["tenantName"]) for one in listed] == [(second, "Quay Street Books")]
    assert xero.get("/api.xro/2.0/Organisation", found["access_token"], second).status_code == 200
    assert xero.get("/api.xro/2.0/Organisation", found["access_token"], first).status_code == 403
    again = xero.consent("Harbour & Pine Studio Ltd".replace("&", "&amp;"))
    both = xero.get("/connections", again["access_token"]).json()
    assert {one["tenantId"] for one in both} == {first, second}
    event = next(one["authEventId"] for one in both if one["tenantId"] == first)
    (only,) = xero.get(f"/connections?authEventId={event}", again["access_token"]).json()
    assert only["tenantId"] == first


def test_deleting_one_connection_leaves_the_other(xero: Platform) -> None:
    found = xero.consent()
    listed = xero.get("/connections", found["access_token"]).json()
    gone, kept = listed
    headers = {"Authorization": f"Bearer {found['access_token']}"}
    address = f"{xero.running.url}/connections/{gone['id']}"
    assert [requests.delete(address, headers=headers, timeout=5).status_code for _ in range(2)] == [204, 404]
    assert xero.get("/connections", found["access_token"]).json() == [kept]
    assert xero.get("/api.xro/2.0/Organisation", found["access_token"], gone["tenantId"]).status_code == 403


def test_revoking_ends_all_of_that_user_and_nobody_elses(xero: Platform) -> None:
    first, second, other = xero.consent(), xero.consent(), xero.consent(user="bookkeeper")
    assert xero.post("/connect/revocation", data={"token": first["refresh_token"]}).status_code == 200
    assert xero.get("/connections", second["access_token"]).json() == []
    assert len(xero.get("/connections", other["access_token"]).json()) == 2
    dead = xero.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert (dead.status_code, dead.json()) == (400, {"error": "invalid_grant"})
    assert xero.token(grant_type="refresh_token", refresh_token=other["refresh_token"]).status_code == 200
    assert xero.post("/connect/revocation", data={"token": "unknown"}).status_code == 200
    assert xero.post("/connect/revocation", data={"token": "x"}, auth=("sandbox-app", "wrong")).status_code == 400


def test_the_proof_is_asked_for(xero: Platform) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
    code = xero.code()["code"]
    for proof in ("w" * 50, VERIFIER):  # a code dies with its first use, even a failed one
        assert xero.token(**form, code=code, code_verifier=proof).json() == {"error": "invalid_grant"}
    public = {"auth": None, "data": {**form, "client_id": xero.running.client_id, "code": xero.code()["code"]}}
    assert xero.post("/connect/token", **public).json() == {"error": "invalid_grant"}
    bare = parse_qs(urlsplit(answer(xero.url(code_challenge=""))).query)["code"][0]
    public["data"] |= {"code": bare}  # an app without a secret that never offered a proof
    assert xero.post("/connect/token", **public).json() == {"error": "invalid_grant"}
    public["data"] |= {"code": xero.code()["code"], "code_verifier": VERIFIER}
    assert xero.post("/connect/token", **public).json()["refresh_token"]


def test_a_code_lasts_five_minutes(xero: Platform) -> None:
    code = xero.code()["code"]
    xero.running.world.clock.now += timedelta(minutes=6)
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code, "code_verifier": VERIFIER}
    assert xero.token(**form).json() == {"error": "invalid_grant"}


def test_denied(xero: Platform, quickbooks: Platform) -> None:
    for platform in (xero, quickbooks):
        assert platform.code("Quay Street Books", deny=True) == {"error": "access_denied", "state": "s1"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "accounting.transactions"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_what_xero_sends_back_refused(xero: Platform, changed: dict[str, str], error: str) -> None:
    assert answer(xero.url(**changed)) == f"{REDIRECT}?error={error}&state=s1"


@pytest.mark.parametrize(
    "changed", [{"redirect_uri": "http://localhost:8911/callback"}, {"redirect_uri": ""}, {"client_id": "other"}]
)
def test_an_address_or_app_nobody_registered_is_never_sent_to(
    xero: Platform, quickbooks: Platform, changed: dict[str, str]
) -> None:
    for platform in (xero, quickbooks):
        shown = requests.get(platform.url(**changed), allow_redirects=False, timeout=5)
        assert shown.status_code == 400 and "Location" not in shown.headers


def test_a_page_is_answered_once(xero: Platform) -> None:
    form = {"ticket": "made-up", "tenant": xero.running.tenants[0], "user": "owner", "decision": "allow"}
    assert requests.post(f"{xero.running.url}/identity/connect/authorize", data=form, timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("face", "client", "redirect", "good"),
    [
        ("xero", "sandbox-app", "http://localhost:9000/back", True),
        ("xero", "sandbox-app", "http://127.0.0.1:9000/back", False),
        ("xero", "sandbox-app", "https://*.example.com/back", False),
        ("xero", "sandbox-app", "http://books.example.com/back", False),
        ("quickbooks", "sandbox-app", "http://localhost:9000/back", True),
        ("quickbooks", LIVE_ID, "http://localhost:9000/back", False),
        ("quickbooks", LIVE_ID, "https://localhost:9000/back", False),
        ("quickbooks", LIVE_ID, "https://10.0.0.7/back", False),
        ("quickbooks", LIVE_ID, "https://books.example.com/back", True),
    ],
)
def test_what_may_be_registered(two: Running, face: str, client: str, redirect: str, good: bool) -> None:
    given = {"face": face, "redirect": redirect, "client_id": client}
    assert requests.post(f"{two.url}/_sandbox/redirects", json=given, timeout=5).ok is good


def test_quickbooks_gives_one_company_and_names_it(quickbooks: Platform) -> None:
    code = quickbooks.code("Quay Street Books")
    assert code["realmId"] == quickbooks.running.realms[1] and code["state"] == "s1"
    form = {"grant_type": "authorization_code", "code": code["code"], "redirect_uri": REDIRECT}
    headers = {"x-include-refresh-token-hard-expires-in": "true"}
    found = quickbooks.post("/oauth2/v1/tokens/bearer", data=form, headers=headers).json()
    assert found["x_refresh_token_hard_expires_in"] == 1826 * 86400
    assert quickbooks.token(**form).json()["error"] == "invalid_grant"
    info = f"/v3/company/{code['realmId']}/companyinfo/{code['realmId']}"
    assert quickbooks.get(info, found["access_token"]).json()["CompanyInfo"]["CompanyName"] == "Quay Street Books"
    elsewhere = quickbooks.get(info.replace(code["realmId"], quickbooks.running.realms[0]), found["access_token"])
    assert elsewhere.status_code == 403


def test_quickbooks_revoke_ends_the_company(quickbooks: Platform) -> None:
    one, other = quickbooks.consent("Quay Street Books"), quickbooks.consent(quickbooks.running.realms[0])
    assert quickbooks.post("/v2/oauth2/tokens/revoke", json={"token": one["refresh_token"]}).status_code == 200
    realm = quickbooks.running.realms[1]
    assert quickbooks.get(f"/v3/company/{realm}/preferences", one["access_token"]).status_code == 401
    dead = quickbooks.token(grant_type="refresh_token", refresh_token=one["refresh_token"])
    assert dead.json()["error"] == "invalid_grant"
    assert quickbooks.token(grant_type="refresh_token", refresh_token=other["refresh_token"]).status_code == 200
    assert quickbooks.post("/v2/oauth2/tokens/revoke", json={"token": one["refresh_token"]}).status_code == 400


def test_intuits_own_library_consents_and_revokes(quickbooks: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    client = pytest.importorskip("intuitlib.client")
    enums = pytest.importorskip("intuitlib.enums")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # plain http, to this machine only
    running = quickbooks.running
    discovery = f"{running.url}/.well-known/openid_sandbox_configuration"
    auth = client.AuthClient(running.client_id, running.client_secret, REDIRECT, discovery)
    back = answer(auth.get_authorization_url([enums.Scopes.ACCOUNTING]), running.realms[0])
    told = parse_qs(urlsplit(back).query)
    auth.get_bearer_token(told["code"][0], realm_id=told["realmId"][0])
    assert auth.refresh_token and auth.access_token and auth.x_refresh_token_expires_in == 8726400
    auth.refresh()
    assert auth.revoke(token=auth.refresh_token)
    auth.close()


def test_xeros_own_library_reads_and_deletes_connections(xero: Platform) -> None:
    identity = pytest.importorskip("xero_python.identity")
    api_client = pytest.importorskip("xero_python.api_client")
    oauth2 = pytest.importorskip("xero_python.api_client.oauth2")
    found = xero.consent()
    held = oauth2.OAuth2Token(client_id=xero.running.client_id, client_secret=xero.running.client_secret)
    api = api_client.ApiClient(api_client.Configuration(oauth2_token=held), pool_threads=1)
    api.oauth2_token_getter(lambda: {**found, "expires_at": 9_999_999_999, "scope": found["scope"].split()})
    api.oauth2_token_saver(lambda _: None)
    reader = identity.IdentityApi(api)
    reader.base_url = xero.running.url
    listed = reader.get_connections()
    assert {one.tenant_id for one in listed} == set(xero.running.tenants)
    reader.delete_connection(listed[0].id)
    assert [one.id for one in reader.get_connections()] == [listed[1].id]
