"""Markdown wording, with its Jinja tags in place, becomes two Jinja sources: an HTML one and a plain text one.

The Markdown is parsed once, before any data is in it. Data therefore cannot become markup: whatever a client is called,
it is filled in later as escaped text. It also makes a render several times cheaper than parsing every message.
"""

import re
from collections.abc import Sequence

from jinja2 import Environment
from markdown_it import MarkdownIt
from markdown_it.token import Token

from worker.wording.grammar import BLOCK_FUNCTIONS, tags
from worker.wording.typography import typeset

_MARK = re.compile(r"Qz(\d+)zQ")
_ALONE = re.compile(r"(?:Qz\d+zQ\s*)+\Z")
_BLOCK_CALL = re.compile(r"\{\{-?\s*(?:" + "|".join(sorted(BLOCK_FUNCTIONS)) + r")\s*\(")
_STYLES = {"p": "margin:0 0 14px", "ul": "margin:0 0 14px;padding-left:20px", "ol": "margin:0 0 14px;padding-left:24px"}


class DynamicLink(ValueError):
    """A link or picture whose address is filled in: addresses come from the model only through `table`."""


def compile_markdown(environment: Environment, body: str, language: str) -> tuple[str, str]:
    """(HTML source, text source) of one body, punctuated as in `language`. Raises DynamicLink, TemplateSyntaxError."""
    marked, kept = _marked(environment, body, language)
    # "html" off: a tag typed into a template is shown, not obeyed; pictures and code have no place in a reminder.
    parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "code", "fence", "autolink"])
    tokens = _without_wrapping(parser.parse(marked))
    for token in _every(tokens):
        if token.type == "link_open" and _MARK.search(str(token.attrGet("href"))):
            raise DynamicLink
        if token.tag in _STYLES and token.nesting == 1:
            token.attrSet("style", _STYLES[token.tag])
    html = parser.renderer.render(tokens, parser.options, {})
    return _restored(html, kept), _restored(_text(tokens), kept)


def _marked(environment: Environment, body: str, language: str) -> tuple[str, list[str]]:
    kept: list[str] = []
    out: list[str] = []
    for kind, piece in tags(environment, body):
        if kind == "tag":
            out.append(f"Qz{len(kept)}zQ")
            kept.append(piece)
        else:
            out.append(typeset(piece, language))
    lines = "".join(out).split("\n")
    return "\n".join(f"\n{line.strip()}\n" if _stands_alone(line, kept) else line for line in lines), kept


def _stands_alone(line: str, kept: Sequence[str]) -> bool:
    """A line of nothing but statements and blocks stands outside any paragraph."""
    if not _ALONE.match(line.strip()):
        return False
    return all(_is_block(kept[int(number)]) for number in _MARK.findall(line))


def _is_block(tag: str) -> bool:
    return tag.startswith("{%") or bool(_BLOCK_CALL.match(tag))


def _without_wrapping(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without the paragraph around a line that stands alone."""
    out: list[Token] = []
    skip_close = False
    for index, token in enumerate(tokens):
        if token.type == "paragraph_open" and _ALONE.match(tokens[index + 1].content):
            skip_close = True
        elif token.type == "paragraph_close" and skip_close:
            skip_close = False
        else:
            out.append(token)
    return out


def _every(tokens: Sequence[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *(token.children or ()))]


def _restored(source: str, kept: Sequence[str]) -> str:
    return _MARK.sub(lambda match: kept[int(match[1])], source)


def _text(tokens: Sequence[Token]) -> str:
    """Plain text: paragraphs apart by an empty line, list items with a dash or number, links with their address."""
    out: list[str] = []
    counters: list[int] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            counters.append(0 if token.type.startswith("bullet") else int(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counters.pop()
            out.append("\n")
        elif token.type == "list_item_open":
            out.append("- " if not counters[-1] else f"{counters[-1]}. ")
            counters[-1] += 1 if counters[-1] else 0
        elif token.type == "inline":
            out.append(_inline(token.children or []))
            out.append("\n" if counters else "\n\n")
        elif token.type == "hr":
            out.append("--\n\n")
    return "".join(out)


def _inline(children: Sequence[Token]) -> str:
    out: list[str] = []
    href = ""
    for token in children:
        if token.type == "softbreak":
            out.append(" ")
        elif token.type == "hardbreak":
            out.append("\n")
        elif token.type == "link_open":
            href = str(token.attrGet("href"))
        elif token.type == "link_close":
            out.append(f" ({href})")
        else:
            out.append(token.content)
    return "".join(out)
