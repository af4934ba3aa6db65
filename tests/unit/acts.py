"""What a test gives in place of a handler, a hook or a call."""

from collections.abc import Callable
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
