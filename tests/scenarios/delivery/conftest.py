"""Prepared towns: a state folder made once, copied for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.server import serve
from tests.postgresql import Content, content, fill
from tests.scenarios.delivery.post import Post
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import BASELINE, SEEN, TEN, Config, company

OpenStage = Callable[..., Stage]
Template = Callable[[tuple[str, ...], str, str], tuple[Path, Content]]


def prepare(folder: Path, names: tuple[str, ...], mailer: str, logbook: str = "") -> Path:
    """The state of organisations whose baselines were approved at half past six, nothing sent yet."""
    with serve([company(n) for n in names], now=BASELINE) as running:
        stage = Stage(folder, running, Config(running.url, names, smtp=int(mailer == "smtp"), logbook=logbook)).at(
            BASELINE
        )
        asked = stage.run()
        proposals = tuple(p for r in asked.results for p in r["proposals"])
        assert len(proposals) == len(names), asked
        stage.but(approvals=proposals)
        agreed = stage.run()
        assert not any(r["refused"] or r["skipped"] for r in agreed.results), agreed
        seen = stage.at(SEEN).run()
        assert not stage.mails() and seen.code == 0, seen
    return folder


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Template:
    made: dict[tuple[tuple[str, ...], str, str], tuple[Path, Content]] = {}

    def template(names: tuple[str, ...], mailer: str, store: str) -> tuple[Path, Content]:
        key = (names, mailer, store)
        if key not in made:
            folder = tmp_path_factory.mktemp("template")
            if store == "postgresql":
                with request.getfixturevalue("postgresql").migrated() as url:
                    made[key] = prepare(folder, names, mailer, url), content(url)
            else:
                made[key] = prepare(folder, names, mailer), {}
        return made[key]

    return template


@pytest.fixture
def open_stage(tmp_path: Path, templates: Template, request: pytest.FixtureRequest) -> Iterator[OpenStage]:
    """`open_stage(mailer="outbox" | "smtp", names=("fern",), companies=None, store="sqlite" | "postgresql")`: a stage
    at ten, ready to deliver."""
    with ExitStack() as stack:

        def open_(
            mailer: str = "outbox",
            names: tuple[str, ...] = ("fern",),
            companies: list[Company] | None = None,
            folder: Path = tmp_path,
            store: str = "sqlite",
        ) -> Stage:
            post = Post() if mailer == "smtp" else None
            if post:
                stack.callback(post.close)
            state, rows = templates(names, mailer, store)
            url = ""
            if store == "postgresql":
                url = stack.enter_context(request.getfixturevalue("postgresql").migrated())
                fill(url, rows)
            running = stack.enter_context(serve(companies or [company(n) for n in names], now=TEN))
            config = Config(running.url, names, smtp=post.port if post else 0, logbook=url)
            stage = Stage(folder, running, config, post)
            stack.callback(stage.close)
            return stage.prepared_from(state).at(TEN)

        yield open_
