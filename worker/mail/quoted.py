"""The new words of a reply: without what it quotes, without the signature, as plain text of bounded length."""

import re
from html.parser import HTMLParser

from worker.core.plain import has_controls, one_line

LONGEST = 2000
"""Characters kept of one reply."""

# How mail programs introduce what they quote, in the languages duecourse writes: "On ... wrote:", "Am ... schrieb:".
_OPENS = re.compile(
    r"^(?:on|am|le|el|op)\b.{0,200}\b(?:wrote|schrieb|a écrit|escribió|schreef)\b.{0,80}:\s*$"
    r"|^.{0,120}\b(?:wrote|schrieb|a écrit|escribió|schreef)\s?:\s*$"
    r"|^-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|oorspronkelijk bericht)"
    r"|^_{20,}\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\W{0,3}(?:from|von|de|van)\W{0,3}:\s*\S", re.IGNORECASE)
_NEXT_HEADER = re.compile(
    r"^\W{0,3}(?:sent|date|to|gesendet|datum|an|envoyé|à|enviado|fecha|para|verzonden|aan)\W{0,3}:", re.IGNORECASE
)
_WRAPPED_OPENING = re.compile(r"^(?:on|am|le|el|op)\b.{5,200}$", re.IGNORECASE)


def new_words(text: str) -> str:
    """What was written anew, at most LONGEST characters; line ends kept, other controls gone."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    for n, line in enumerate(lines):
        bare = line.strip()
        after = lines[n + 1].strip() if n + 1 < len(lines) else ""
        if line.rstrip() == "--" or _opens_quote(bare, after):
            break
        if not bare.startswith(">"):
            kept.append(one_line(line) if has_controls(line) else line.rstrip())
    words = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def _opens_quote(line: str, after: str) -> bool:
    if _OPENS.match(line) or (_HEADER.match(line) and _NEXT_HEADER.match(after)):
        return True
    # "On Monday, 2 March 2026 at 10:00, Somebody <a@example.com>" with "wrote:" wrapped onto the next line.
    return bool(_WRAPPED_OPENING.match(line) and after and _OPENS.match(f"{line} {after}"))


class _Text(HTMLParser):
    """The visible text of HTML mail; block quotes are what the reply quotes."""

    _BREAKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table"})
    _SKIPPED = frozenset({"style", "script", "head", "title", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._skipping += tag in self._SKIPPED
        if tag in self._BREAKS and not self._skipping:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._skipping = max(0, self._skipping - (tag in self._SKIPPED))

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))


def text_of_html(html: str) -> str:
    """HTML mail as plain text, without block quotes."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip()
