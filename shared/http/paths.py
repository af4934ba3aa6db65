"""Paths, methods and operations of the API, read from its routes."""

import re
from collections.abc import Iterable

from starlette.routing import BaseRoute, Route

#: Of every path; the host's own route prefix.
ROOT = "/api"


class Paths:
    """Look paths up.

    For a wrong method Starlette considers only the first route with the path. Here the methods of all routes count, and
    a path with more literal segments, like ``/jobs/claim``, is never taken for a job.

    Args:
        routes: All of them, in the order in which they are tried.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = [route for route in routes if isinstance(route, Route)]

    def methods(self, path: str) -> frozenset[str]:
        """Return the methods of a path; none if it does not exist."""
        routes = self._matches(path)
        most = max(map(_literals, routes), default=0)
        methods = frozenset[str]().union(*(route.methods or () for route in routes if _literals(route) == most))
        return methods | {"HEAD"} if "GET" in methods else methods

    def operation(self, method: str, path: str) -> str | None:
        """Return the name of the operation that Starlette chooses; None if it chooses no route."""
        method = "GET" if method == "HEAD" else method
        for route in self._matches(path):
            if method in (route.methods or ()):
                return str(getattr(route, "operation_id", None) or route.name)
        return None

    def operations(self) -> list[tuple[str, str, str]]:
        """Return all operations: method, path below ``/api``, name."""
        return [
            (method, re.sub(r":\w+}", "}", route.path), str(getattr(route, "operation_id", None) or route.name))
            for route in self._routes
            for method in sorted(route.methods or ())
            if method != "HEAD"
        ]

    def _matches(self, path: str) -> list[Route]:
        below = path.removeprefix(ROOT) if path.startswith(f"{ROOT}/") else ""
        return [route for route in self._routes if route.path_regex.match(below)]


def _literals(route: Route) -> int:
    return sum(not part.startswith("{") for part in route.path.split("/"))
