"""Logging, configured once: standard error, warnings and up; never anything about clients below a warning."""

from typing import Any


def configure(*, verbose: bool, as_json: bool) -> None:
    """Set structlog up for this process."""
    import logging
    import sys

    import structlog

    level = logging.INFO if verbose else logging.WARNING
    last: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _tracebacks() if as_json else structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _tracebacks() -> Any:
    """Tracebacks as data, without the values of variables: those may be tokens and passwords."""
    from structlog.processors import ExceptionRenderer
    from structlog.tracebacks import ExceptionDictTransformer

    return ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
