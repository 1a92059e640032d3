"""Connecting in a real browser: the consent page, the choice, the way back to this machine, and the sweep after it."""

import queue
import socket
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.consents.conftest import HARBOUR, QUAY, Office


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> "queue.Queue[str]":
    """The addresses that the command asked the browser to open."""
    found: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(webbrowser, "open", lambda url: found.put(url) or True)
    return found


class Connecting:
    """`duecourse connect` at work in a thread, until the browser has come back."""

    def __init__(self, office: Office, *words: str) -> None:
        self.answer: Any = None
        self._thread = threading.Thread(target=self._run, args=(office, words))
        self._thread.start()

    def _run(self, office: Office, words: tuple[str, ...]) -> None:
        self.answer = office.run("connect", *words)

    def end(self) -> Any:
        self._thread.join(20)
        return self.answer


def callback(office: Office, face: str) -> str:
    """A callback address on a free port, registered with the app."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://localhost:{port}/callback"
    office.sandbox.world.register(face, address)
    return address


def test_xero_choose_and_allow_then_sweep_rotate_and_disconnect(
    office: Office, page: Any, opened: "queue.Queue[str]"
) -> None:
    back = callback(office, "xero")
    office.write(quay=f'xero, redirect: "{back}"')
    command = Connecting(office, "xero", "quay")
    page.goto(opened.get(timeout=20))
    assert page.get_by_role("heading").inner_text() == "Connect to Xero (sandbox)"
    page.get_by_label(QUAY).check()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_selector("text=You can close this page")
    assert page.url == back.removesuffix("callback")  # the code does not stay in the address
    answer = command.end()
    assert answer.exit_code == 0, answer.stderr
    assert f'Connected: "quay" reads {QUAY}' in answer.stdout
    kept = office.grant("quay")
    for secret in (kept.refresh, kept.access):
        assert secret.reveal() not in answer.output + page.content()
    office.later(hours=1)
    assert '"skipped": ""' in office.run("preview", "--json").stdout
    assert office.grant("quay").refresh != kept.refresh
    assert office.run("disconnect", "quay", "--yes").exit_code == 0
    assert office.connected() == set() and office.names() == ()


def test_quickbooks_one_company(office: Office, page: Any, opened: "queue.Queue[str]") -> None:
    office.write(harbour=f'quickbooks, redirect: "{callback(office, "quickbooks")}"')
    command = Connecting(office, "quickbooks", "harbour")
    page.goto(opened.get(timeout=20))
    page.get_by_label(HARBOUR).check()
    page.get_by_label(QUAY).check()  # one company at a time: the last choice counts
    page.get_by_role("button", name="Allow").click()
    page.wait_for_selector("text=You can close this page")
    assert f'Connected: "harbour" reads {QUAY}' in command.end().stdout
    assert '"skipped": ""' in office.run("preview", "--json").stdout


@pytest.mark.parametrize("face", ["xero", "quickbooks"])
def test_denied_in_the_browser(office: Office, page: Any, opened: "queue.Queue[str]", face: str) -> None:
    office.write(harbour=f'{face}, redirect: "{callback(office, face)}"')
    command = Connecting(office, face, "harbour")
    page.goto(opened.get(timeout=20))
    page.get_by_role("button", name="Deny").click()
    page.wait_for_selector("text=Not connected")
    answer = command.end()
    assert answer.exit_code == 1 and "was denied on" in answer.stderr
    assert office.names() == () and office.connected() == set()


def test_the_page_that_shows_the_answer(page: Any) -> None:
    """The page an operator hosts where the browser cannot come back to the machine: the answer, ready to be copied."""
    from connectors import consent

    shipped = Path(consent.__file__).parent / "callback.html"
    page.goto(f"{shipped.as_uri()}?code=XAB11&state=abc&realmId=42")
    assert page.get_by_role("textbox").input_value() == "code=XAB11&state=abc&realmId=42"
    assert page.url.endswith("callback.html")  # nothing stays in the address
    page.goto(f"{shipped.as_uri()}?error=access_denied&state=abc")
    assert page.get_by_role("textbox").input_value() == "error=access_denied&state=abc"
    page.goto(shipped.as_uri())
    assert "nothing to copy" in page.inner_text("main")
