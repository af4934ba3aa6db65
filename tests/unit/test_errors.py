from shared import errors
from shared.errors import DarkroomError, Duplicate, Lost


def test_every_error_is_of_one_tree() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert len(kinds) > 30
    assert [kind for kind in kinds if not issubclass(kind, DarkroomError)] == []


def test_an_error_without_a_message_says_what_it_is() -> None:
    assert str(Duplicate()) == "A job of that id is recorded already."


def test_a_message_that_is_given_is_said() -> None:
    assert str(Duplicate("image-analysis-0")) == "image-analysis-0"


def test_a_lost_write_names_the_row() -> None:
    assert Lost("job:a").row_key in str(Lost("job:a"))
