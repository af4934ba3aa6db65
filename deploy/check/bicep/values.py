"""What expressions come to."""

from dataclasses import dataclass, field
from typing import Self, TypeAlias

from deploy.check.bicep.tree import Place


class Quote(str):  # noqa: SLOT000 - few, and short-lived
    """A text that knows where it is written, through all variables and parameters that hand it on."""

    place: Place

    def __new__(cls, text: str, place: Place) -> Self:
        """Make one of its two parts."""
        quote = super().__new__(cls, text)
        quote.place = place
        return quote


class Unknown(Quote):
    """What only Azure knows: the text is the expression."""


class Properties(dict[str, "Value"]):
    """An object that knows where it and each of its properties stand."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place, self.places = place, dict[str, Place]()

    def put(self, key: str, value: "Value", place: Place) -> None:
        """Set a property."""
        self[key], self.places[key] = value, place


@dataclass(frozen=True)
class Symbol:
    """A resource or module, where an expression names it.

    Attributes:
        name: Of its declaration.
        kind: Its type; empty for a module.
        members: What is known of it; everything else is unknown.
    """

    name: str
    kind: str = ""
    members: dict[str, "Value"] = field(default_factory=dict)


Value: TypeAlias = Quote | int | bool | list["Value"] | Properties | Symbol | None


def look_up(value: Value, *path: str) -> tuple[Value, Place | None]:
    """Follow properties as far as they go; return the value, or None, and the place that comes nearest to it."""
    place: Place | None = None
    for key in path:
        if not isinstance(value, Properties):
            return None, place
        place = value.places.get(key, value.place)
        if key not in value:
            return None, place
        value = value[key]
    return value, value.place if isinstance(value, Quote) else place
