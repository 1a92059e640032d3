"""The engine: one sweep over one organisation, and everything it needs."""

__version__ = "0.1.0"
"""The same as in pyproject.toml (a test holds them together); reading it here costs nothing."""
