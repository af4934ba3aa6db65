"""HTTP route templates: ``jobs/{id:int}/{*rest}``; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from localhost.host.index import Function

_SEGMENT = re.compile(r"\{(\*{0,2})([A-Za-z_][A-Za-z0-9_]*)(?::([^{}?]+))?(\?)?\}")
_CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?i:true|false)",
}
_CATCH_ALL = 3


@dataclass(frozen=True)
class Route:
    """One function's route; ``rank`` sorts literal segments before parameters before catch-alls."""

    function: Function
    methods: frozenset[str]
    regex: re.Pattern[str]
    rank: tuple[int, ...]


@dataclass(frozen=True)
class Match:
    """Which function answers, and what its route parameters are."""

    function: Function
    params: dict[str, str]


def compile_routes(functions: Iterable[Function], prefix: str) -> list[Route]:
    """Return the routes of the HTTP functions, the most specific first.

    Raises:
        ValueError: A template cannot be read.
    """
    routes = []
    for function in functions:
        if function.kind == "httpTrigger":
            template = str(function.trigger.get("route") or function.name).strip("/")
            regex, rank = compile_template(template, prefix)
            methods = frozenset(str(method).upper() for method in function.trigger.get("methods", ()))
            routes.append(Route(function, methods, regex, rank))
    return sorted(routes, key=lambda route: route.rank)


def match(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """Return the function that answers; None is 404.

    A method that the path does not take is 404 too, and HEAD is no GET: so it is on the real host
    (azure-functions-host#10098, #11625).
    """
    for route in routes:
        found = route.regex.fullmatch(path)
        if found is not None and (not route.methods or method in route.methods):
            return Match(route.function, {key: value for key, value in found.groupdict().items() if value})
    return None


def compile_template(template: str, prefix: str) -> tuple[re.Pattern[str], tuple[int, ...]]:
    """Return the regular expression and the rank of a template under the route prefix.

    Raises:
        ValueError: Its braces or its constraints mean nothing.
    """
    segments = [segment for segment in f"{prefix}/{template}".split("/") if segment]
    parts = [_segment(segment, template) for segment in segments]
    regex = "".join(part for part, _ in parts) + "/?"
    # Literal characters match whatever their case, as on the real host.
    return re.compile(regex, re.IGNORECASE | re.DOTALL), tuple(rank for _, rank in parts)


def _segment(text: str, template: str) -> tuple[str, int]:
    found = _SEGMENT.fullmatch(text)
    if found is None:
        if "{" in text or "}" in text:
            raise ValueError(f"Route {template!r}: the segment {text!r} cannot be read.")
        return "/" + re.escape(text), 0
    stars, name, constraint, optional = found.groups()
    if stars:
        return f"(?:/(?P<{name}>.*?))?", _CATCH_ALL
    if constraint is not None and constraint not in _CONSTRAINTS:
        raise ValueError(f"Route {template!r}: the constraint {constraint!r} is not known to this host.")
    pattern = "[^/]+" if constraint is None else _CONSTRAINTS[constraint]
    part = f"/(?P<{name}>{pattern})"
    return (f"(?:{part})?" if optional else part), 2 if constraint is None else 1
