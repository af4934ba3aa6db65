"""The code of the how-tos does what they say, as it stands there."""

import ast
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import handlers
from shared.handlers import Handler, all_handlers
from shared.rules.images import ImageRef
from shared.rules.jobs import Job, State
from shared.steps.intake.add import NewJob
from tests.doubles.api import Api
from tests.doubles.world import World, png

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGES = sorted(FOLDER.glob("*.md"))
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_MODULE = re.compile(r"^( *)`(\w+\.py)`[^\n]*:\n\n\1```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_API = "http://127.0.0.1:7071/api"


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of a page in a language."""
    text = (FOLDER / page).read_text("utf-8")
    return [textwrap.dedent(code) for _, name, code in _BLOCK.findall(text) if name == language]


def module(page: str) -> str:
    """Return the one module of a page."""
    ((_, _, code),) = _MODULE.findall((FOLDER / page).read_text("utf-8"))
    return textwrap.dedent(code)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Work on a job with the handler of a page, and return how it is then."""

    def work(page: str, kind: str, *, blob: bytes | None = None, ref: str = "texts/a.txt") -> Job:
        nothing: dict[str, Handler] = {}
        monkeypatch.setattr(handlers, "_handlers", nothing)
        exec(compile(module(page), page, "exec"), {})  # noqa: S102 - that is the test
        world = World(all_handlers())
        if blob is not None:
            world.images.upload(ImageRef.of(ref), blob)
        job = world.darkroom.add.add(NewJob(kind=kind, ref=ref, params={}, unique=True)).row
        assert job is not None
        (message,) = world.queue.take_texts()
        world.darkroom.receive.receive(message.encode(), owner="queue/1")
        return world.job(job.job.id)

    return work


def test_the_handler_counts_words_and_says_how_far_it_is(work: Callable[..., Job]) -> None:
    job = work("handler.md", "word-count", blob=b"to be\nor not\n")
    assert (job.state, job.report) == (State.COMPLETED, {"words": 4})


@pytest.mark.parametrize(
    ("blob", "state", "code"), [(b"", State.FAILED, "no_text"), ("to be\n…".encode(), State.PENDING, "unfinished")]
)
def test_the_handler_fails_or_gives_back_what_it_can_not_count(
    work: Callable[..., Job], blob: bytes, state: State, code: str
) -> None:
    job = work("handler.md", "word-count", blob=blob)
    assert (job.state, job.error and job.error.code) == (state, code)


def test_what_was_a_blob_trigger_makes_a_thumbnail(work: Callable[..., Job]) -> None:
    job = work("from-blob-trigger.md", "thumbnail", blob=png(640, 2), ref="uploads/cat.png")
    assert (job.state, list(job.report or {})) == (State.COMPLETED, ["webp"])


def test_what_was_a_celery_task_says_the_size_or_fails(work: Callable[..., Job]) -> None:
    job = work("from-celery.md", "resize", blob=png(640, 320), ref="images/cat.png")
    assert (job.state, job.report) == (State.COMPLETED, {"width": 320, "height": 160})
    job = work("from-celery.md", "resize", blob=b"text", ref="images/cat.png")
    assert (job.state, job.error and job.error.code) == (State.FAILED, "not_an_image")


def test_what_was_a_timer_behind_a_lock_is_a_job(work: Callable[..., Job]) -> None:
    job = work("from-pip-services.md", "cleanup", ref="2026-12-01T00:00")
    assert (job.state, job.report) == (State.COMPLETED, {"count": 3})


def of_the_client() -> list[Any]:
    """Return each block that calls the API, behind its page's name."""
    return [
        pytest.param(code, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, code in enumerate(code for code in blocks(page.name, "python") if _API in code)
    ]


@pytest.mark.parametrize("code", of_the_client())
def test_a_block_that_calls_the_api_adds_or_completes_a_job(code: str) -> None:
    with Api() as api:
        known = api.put("word-count", params={"text": "to be"})
        exec("from darkroom_client import Client\n" + code.replace(_API, api.url), {})  # noqa: S102 - that is the test
        assert len(api.jobs) == 2 or api.jobs[known]["result"] == {"words": 2}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_block_of_python_is_one(page: Path) -> None:
    for code in blocks(page.name, "python"):
        ast.parse(code)


def test_a_how_to_says_when_and_what_is_guaranteed() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert "**When:**" in text, page.name
        assert re.search(r"\*\*What (?:is guaranteed|differs)|\| a plain blob trigger \|", text), page.name
