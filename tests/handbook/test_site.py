"""What the built site must not do. The build itself, in strict mode, is part of `make check`."""

import pytest

from scripts.handbook_site import asks


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example.com/a.js"></script>',
        "<script src=https://cdn.example.com/a.js></script>",
        '<link rel="stylesheet" href="//fonts.example.com/css">',
        '<img alt="" src="http://example.com/pixel.png">',
    ],
)
def test_a_page_that_asks_another_host_is_found(html: str) -> None:
    assert len(asks(f"<p>{html}</p>")) == 1


def test_links_that_people_follow_are_none() -> None:
    assert asks('<a href="https://example.com/">there</a> <script src="assets/a.js"></script><img src="a.svg">') == []
