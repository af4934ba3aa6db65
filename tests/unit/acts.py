"""What a test gives in place of a handler, a hook or a call; and what notes the case in which it fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from shared.errors import Refused


def raising(error: BaseException) -> Callable[..., Any]:
    """Return what raises when it is called, whatever it is given."""

    def act(*_: object, **__: object) -> NoReturn:
        raise error

    return act


def returning(result: Any) -> Callable[..., Any]:  # noqa: ANN401 - a handler may return anything
    """Return what returns, whatever its type forbids."""
    return lambda *_, **__: result


@contextmanager
def note(*values: object) -> Iterator[None]:
    """Add the values of a case to what fails in it, where one test has many cases."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"in the case {', '.join(map(repr, values))}")
        raise


def refusal(
    call: Callable[..., object],
    *arguments: object,
    error: type[Any] = Refused,
    **options: object,
) -> str:
    """Return the code under which a call is refused, by that kind of error."""
    with pytest.raises(error) as met:
        call(*arguments, **options)
    return str(met.value.code)
