"""Hooks of `make docs`: pages that stand beside the code join the site, so that every link of the handbook works there.

In the repository a page may link to any file. The site is the folder docs/; what is linked to from there, and from
there on, is added to it below `project/`, and the links are rewritten. What nobody links to stays out.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = "project"
SHIM = "https://unpkg.com/iframe-worker/shim"
_LINK = re.compile(r"(?<!!)(\[[^\]\n]*(?:\][^\]\n(]*)?\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def linked(page: str) -> Iterator[str]:
    """The files a page links to; both as paths from the repository's root."""
    for match in _LINK.finditer((ROOT / page).read_text("utf-8")):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(page), match[2]))


def in_site(path: str) -> str:
    """Where a file of the repository is in the site."""
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{ELSEWHERE}/{path}"


def in_repository(uri: str) -> str:
    """The other way round."""
    return uri.removeprefix(f"{ELSEWHERE}/") if uri.startswith(f"{ELSEWHERE}/") else f"docs/{uri}"


def on_files(files: Files, *, config: Any) -> Files:
    """Add what is linked to outside docs/, however far."""
    known = {in_repository(f.src_uri) for f in files}
    waiting = sorted(path for path in known if path.endswith(".md"))
    while waiting:
        for path in linked(waiting.pop()):
            if path in known or not (ROOT / path).is_file():
                continue  # mkdocs complains of what is not there
            known.add(path)
            files.append(File.generated(config, in_site(path), abs_src_path=str(ROOT / path)))
            waiting += [path] if path.endswith(".md") else []
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Point links at the places in the site."""
    here = in_repository(page.file.src_uri)

    def moved(match: re.Match[str]) -> str:
        there = in_site(posixpath.normpath(posixpath.join(posixpath.dirname(here), match[2])))
        link = posixpath.relpath(there, posixpath.dirname(page.file.src_uri) or ".")
        return f"{match[1]}{link}{match[3] or ''})"

    return _LINK.sub(moved, markdown)


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """The offline search asks a public host for a helper; ours stands beside the pages."""
    return output.replace(SHIM, posixpath.relpath("assets/search-from-files.js", posixpath.dirname(page.url) or "."))


def on_post_template(output_content: str, *, template_name: str, config: Any) -> str:
    """The same for pages that are none of ours, such as 404.html."""
    return output_content.replace(SHIM, "assets/search-from-files.js")


def on_post_build(*, config: Any) -> None:
    """No page makes a browser ask another host for anything. Raises PluginError."""
    for page in sorted(Path(config["site_dir"]).rglob("*.html")):
        if found := asks(page.read_text("utf-8")):
            raise PluginError(f"{page} would ask {', '.join(found)}")


def asks(html: str) -> list[str]:
    """Addresses of other hosts that a browser fetches by itself; links that people follow are none."""
    tags = re.findall(r"<(?!a\b)\w+\s[^>]*>", html)
    return [url for tag in tags for url in re.findall(r'(?:src|href|srcset|data)="?((?:https?:)?//[^"\s>]+)', tag)]
