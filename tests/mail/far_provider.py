"""A provider's authorization server on loopback: codes with PKCE, tokens that end, and refreshing them."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.mail.tokens import Door


@dataclass
class FarProvider:
    """`door` is what the mail servers ask. Each refresh gives another refresh token, and ends the one before."""

    door: Door
    rotates: bool = True
    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    grants: list[str] = field(default_factory=list)
    _fresh: "count[int]" = field(default_factory=lambda: count(1))

    def allow(self, url: str, user: str = "") -> str:
        """A person allows what the page at this address asks for; where the browser then goes."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code{next(self._fresh)}"
        self.codes[code] = {**asked, "user": user or asked["login_hint"]}
        return f"{asked['redirect_uri']}/?{urlencode({'code': code, 'state': asked['state']})}"

    def expire(self) -> None:
        """Every access token ends."""
        self.door.open_to.clear()

    def revoke(self) -> None:
        """Every consent ends."""
        self.expire()
        self.refresh.clear()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.grants.append(form["grant_type"])
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form["code"], None)
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if (
                asked is None
                or asked["code_challenge"] != proof.decode()
                or asked["redirect_uri"] != form["redirect_uri"]
            ):
                return 400, {"error": "invalid_grant"}
            user, scope = asked["user"], asked["scope"]
        else:
            user = self.refresh.get(form["refresh_token"], "")
            if not user:
                return 400, {"error": "invalid_grant"}
            scope = ""
        access, refresh = f"access{next(self._fresh)}", form.get("refresh_token", "")
        self.door.open_to.add((user, access))
        if self.rotates or not refresh:
            self.refresh.pop(refresh, None)
            refresh = f"refresh{next(self._fresh)}"
            self.refresh[refresh] = user
        answer = {"access_token": access, "refresh_token": refresh, "expires_in": 3599, "token_type": "Bearer"}
        return 200, {**answer, **({"scope": scope.replace("offline_access ", "")} if scope else {})}


@contextmanager
def provider(door: Door) -> Iterator[FarProvider]:
    """Serves POST /token until it is closed."""
    far = FarProvider(door)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            status, answer = far.token({k: v[0] for k, v in form.items()})
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        far.url = f"http://127.0.0.1:{server.server_address[1]}/token"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield far
        server.shutdown()
