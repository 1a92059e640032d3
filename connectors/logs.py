"""The connectors' log: warnings with ids, statuses and waits, never bodies, headers or query strings."""


def warn(event: str, **facts: object) -> None:
    """Log one warning. The logger is loaded on first use: a quiet sweep never pays for it."""
    import structlog

    structlog.get_logger("duecourse.connectors").warning(event, **facts)
