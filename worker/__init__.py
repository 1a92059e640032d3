"""The engine: one sweep over one organisation, and everything it needs."""
