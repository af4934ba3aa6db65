"""What a Bicep file says: declarations, and the expressions in them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """Where something stands: file, as a path from the root of the repository, and line, from 1 on."""

    file: str
    line: int


@dataclass(frozen=True)
class Expression:
    """Something that has a value."""

    place: Place


@dataclass(frozen=True)
class Literal(Expression):
    """A number, ``true``, ``false`` or ``null``."""

    value: int | bool | None


@dataclass(frozen=True)
class Text(Expression):
    """A string: texts, and expressions to be filled in."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True)
class Name(Expression):
    """A parameter, a variable, a resource, a module or the item of a loop."""

    name: str


@dataclass(frozen=True)
class Array(Expression):
    """A list of values."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Entry:
    """A property of an object."""

    key: Expression
    value: Expression


@dataclass(frozen=True)
class Object(Expression):
    """Properties, and the resources that stand inside of another."""

    entries: tuple[Entry, ...]
    children: tuple["Resource", ...] = ()


@dataclass(frozen=True)
class Member(Expression):
    """``of.name``, and ``of::name`` of a resource inside of another."""

    of: Expression
    name: str


@dataclass(frozen=True)
class Index(Expression):
    """``of[index]``."""

    of: Expression
    index: Expression


@dataclass(frozen=True)
class Call(Expression):
    """A call of a function."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Operation(Expression):
    """An operator with one operand, two, or three (``?``)."""

    operator: str
    operands: tuple[Expression, ...]
    in_brackets: bool = False


@dataclass(frozen=True)
class Loop(Expression):
    """``[for item in over: body]``."""

    item: str
    index: str | None
    over: Expression
    body: Expression


@dataclass(frozen=True)
class Condition(Expression):
    """``if (test) body``."""

    test: Expression
    body: Expression


@dataclass(frozen=True)
class Parameter:
    """``param``; ``choices`` is the list of what it may be."""

    name: str
    kind: str
    default: Expression | None
    choices: Expression | None
    place: Place


@dataclass(frozen=True)
class Resource:
    """``resource``."""

    symbol: str
    kind: str
    version: str
    is_existing: bool
    body: Expression
    place: Place


@dataclass(frozen=True)
class Module:
    """``module``; ``path`` is relative to the file."""

    symbol: str
    path: str
    body: Expression
    place: Place


@dataclass
class File:
    """All that a file declares."""

    path: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Expression] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    outputs: dict[str, Expression] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
