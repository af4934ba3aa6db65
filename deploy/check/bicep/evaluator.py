"""Work expressions out, as far as that is possible without Azure."""

from collections.abc import Callable, Mapping
from typing import Final

from deploy.check.bicep import tree
from deploy.check.bicep.reader import SyntaxProblem
from deploy.check.bicep.tree import Expression, Place
from deploy.check.bicep.values import Properties, Quote, Symbol, Unknown, Value

#: What a name means is asked when an expression needs it: declarations stand in any order.
Names = Mapping[str, Callable[[], Value]]


def evaluate(expression: Expression, names: Names) -> Value:  # noqa: C901, PLR0911 - one case a kind
    """Return what an expression comes to; ``Unknown`` for what only Azure knows.

    Raises:
        SyntaxProblem: It names something that is not there.
    """
    match expression:
        case tree.Literal(value=value):
            return value
        case tree.Text():
            return _text(expression, names)
        case tree.Name(name=name, place=place):
            return _value_of(name, place, names)
        case tree.Array(items=items):
            return [evaluate(item, names) for item in items]
        case tree.Object():
            return _object(expression, names)
        case tree.Member(of=of, name=name, place=place):
            return _member(evaluate(of, names), name, place)
        case tree.Index(of=of, index=index, place=place):
            return _item(evaluate(of, names), evaluate(index, names), place)
        case tree.Call():
            return _call(expression, names)
        case tree.Operation():
            return _operation(expression, names)
        case tree.Loop():
            return [evaluate(expression.body, inner) for inner in rounds(expression, names)]
        case _:
            raise SyntaxProblem(expression.place, "A condition can't stand here.")


def rounds(loop: tree.Loop, names: Names) -> list[Names]:
    """Return the names of each round of a loop."""
    items = evaluate(loop.over, names)
    if not isinstance(items, list):
        raise SyntaxProblem(loop.place, "The loop must go over a list.")
    found: list[Names] = []
    for number, item in enumerate(items):
        own: dict[str, Callable[[], Value]] = {loop.item: lambda item=item: item}  # type: ignore[misc] # a default binds it
        if loop.index:
            own[loop.index] = lambda number=number: number  # type: ignore[misc] # the same
        found.append({**names, **own})
    return found


def holds(expression: Expression, names: Names) -> bool:
    """Whether a condition is true; what is unknown is."""
    return _is_true(evaluate(expression, names))


def _is_true(value: Value) -> bool:
    return bool(value)


def _value_of(name: str, place: Place, names: Names) -> Value:
    if name not in names:
        raise SyntaxProblem(place, f"'{name}' is not declared.")
    return names[name]()


def _text(text: tree.Text, names: Names) -> Quote:
    parts = [part if isinstance(part, str) else evaluate(part, names) for part in text.parts]
    joined = "".join(map(_as_text, parts))
    kind = Unknown if any(isinstance(part, Unknown) for part in parts) else Quote
    if len(parts) == 1 and isinstance(parts[0], Quote):
        return parts[0]
    return kind(joined, text.place)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"  # as Azure writes it
    return str(value)


def _object(expression: tree.Object, names: Names) -> Properties:
    found = Properties(expression.place)
    for entry in expression.entries:
        key = evaluate(entry.key, names)
        found.put(str(key), evaluate(entry.value, names), entry.key.place)
    return found


def _member(value: Value, name: str, place: Place) -> Value:
    if isinstance(value, Symbol):
        return value.members[name] if name in value.members else Unknown(f"<{value.name}.{name}>", place)
    if isinstance(value, Unknown):
        return Unknown(f"{value[:-1]}.{name}>", place)
    if not isinstance(value, Properties) or name not in value:
        raise SyntaxProblem(place, f"There is no property '{name}' here.")
    return value[name]


def _item(value: Value, index: Value, place: Place) -> Value:
    if isinstance(value, list) and isinstance(index, int) and index < len(value):
        return value[index]
    return _member(value, str(index), place)


def _operation(operation: tree.Operation, names: Names) -> Value:
    operator, operands = operation.operator, operation.operands
    if operator == "?":
        test, then, otherwise = operands
        return evaluate(then if holds(test, names) else otherwise, names)
    first = evaluate(operands[0], names)
    if operator == "!":
        return not _is_true(first)
    if operator in ("&&", "||"):
        return (
            _is_true(first) and holds(operands[1], names)
            if operator == "&&"
            else _is_true(first) or holds(operands[1], names)
        )
    second = evaluate(operands[1], names)
    if operator in ("==", "!="):
        return (first == second) is (operator == "==")
    raise SyntaxProblem(operation.place, f"The check does not know the operator '{operator}'.")


def _call(call: tree.Call, names: Names) -> Value:
    arguments = [evaluate(argument, names) for argument in call.arguments]
    if call.function in _FUNCTIONS and not any(isinstance(each, Unknown) for each in arguments):
        return _FUNCTIONS[call.function](arguments, call.place)
    if call.function == "empty":
        return False
    if call.function == "union":
        return _union(arguments, call.place)
    shown = ", ".join(each if isinstance(each, str) else "…" for each in arguments)
    return Unknown(f"<{call.function}({shown})>", call.place)


def _union(arguments: list[Value], place: Place) -> Value:
    found = Properties(place)
    for each in arguments:
        if not isinstance(each, Properties):
            raise SyntaxProblem(place, "The check knows the union of objects alone.")
        for key, value in each.items():
            found.put(key, value, each.places[key])
    return found


def _numbers(arguments: list[Value]) -> list[int]:
    return [each for each in arguments if isinstance(each, int)]


_FUNCTIONS: Final[Mapping[str, Callable[[list[Value], Place], Value]]] = {
    "empty": lambda arguments, _: not arguments[0],
    "string": lambda arguments, place: Quote(_as_text(arguments[0]), place),
    "toLower": lambda arguments, place: Quote(str(arguments[0]).lower(), place),
    "min": lambda arguments, _: min(_numbers(arguments)),
    "union": _union,
}
