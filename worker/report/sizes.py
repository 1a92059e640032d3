"""Bytes and counts as people read them."""


def size_text(size: int) -> str:
    """3.2 MB: decimal units, one place from a thousand bytes on."""
    if size < 1000:
        return f"{size} bytes"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95 or unit == "GB":
            return f"{value:,.1f} {unit}"
    raise AssertionError  # pragma: no cover
