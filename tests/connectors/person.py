"""A person in front of the sandbox's consent page, without a browser: reads the form, chooses, presses a button."""

import re
from collections.abc import Sequence
from urllib.parse import urljoin

import requests


def answer(
    url: str, *names: str, deny: bool = False, user: str = "owner", session: requests.Session | None = None
) -> str:
    """The address the browser is sent to after these organisations (all, when none is named) were allowed, or denied.

    Raises AssertionError with the page's text when there is no such page.
    """
    line = session or requests.Session()
    shown = line.get(url, allow_redirects=False, timeout=5)
    if shown.status_code == 302:
        return shown.headers["Location"]
    assert shown.status_code == 200, shown.text
    rows: Sequence[tuple[str, str]] = re.findall(r'name="tenant" value="([^"]*)"[^>]*> ([^<]*)<', shown.text)
    (ticket,) = re.findall(r'name="ticket" value="([^"]*)"', shown.text)
    (action,) = re.findall(r'action="([^"]*)"', shown.text)
    chosen = [key for key, name in rows if not names or name in names or key in names]
    form = {"ticket": ticket, "tenant": chosen, "user": user, "decision": "deny" if deny else "allow"}
    sent = line.post(urljoin(url, action), data=form, allow_redirects=False, timeout=5)
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]
