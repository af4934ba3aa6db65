from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared import handlers
from shared.errors import InvalidReference
from shared.handlers import Completion, Context, Handler, all_handlers, handler_for


@pytest.fixture(autouse=True)
def _empty_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a process in which nothing is registered yet."""
    nothing: dict[str, Handler] = {}
    monkeypatch.setattr(handlers, "_handlers", nothing)


def _nothing(job: Context) -> None:
    """Do nothing."""


def test_a_handler_is_found_by_its_type_and_is_still_the_function_that_it_was() -> None:
    assert handler_for("word-count")(_nothing) is _nothing
    assert all_handlers() == {"word-count": _nothing}


@pytest.mark.parametrize("kind", ["", "Word", "1st", "word_count", "a" * 32, "word count", "word\n"])
def test_a_type_of_another_form_is_refused_before_the_function_is_seen(kind: str) -> None:
    with pytest.raises(InvalidReference, match="type"):
        handler_for(kind)
    assert all_handlers() == {}


def test_a_type_has_one_handler() -> None:
    handler_for("word-count")(_nothing)
    with pytest.raises(InvalidReference, match="word-count already has a handler"):
        handler_for("word-count")
    assert all_handlers() == {"word-count": _nothing}


def test_what_was_registered_is_a_view_of_that_moment_that_nobody_can_write_to() -> None:
    before: Mapping[str, Handler] = all_handlers()
    handler_for("word-count")(_nothing)
    assert before == {}
    with pytest.raises(TypeError):
        before["other"] = _nothing  # type: ignore[index] # that is the point


def test_done_takes_nothing_back_unless_it_is_told_how() -> None:
    done = Completion({"words": 2})
    done.undo()
    assert replace(done, thumbnail=b"x") == Completion({"words": 2}, thumbnail=b"x")
