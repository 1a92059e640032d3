"""Memory while sweeping: a sweep makes very many values, and looking for cycles among them is a waste."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AFTER = 200_000
"""New objects between two searches for reference cycles, while sweeping."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for reference cycles rarely: a sweep makes hundreds of thousands of values, which live to its end and form
    none, and looking through them again and again took a sixth of its time."""
    usual = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
