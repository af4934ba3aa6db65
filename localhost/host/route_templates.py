"""HTTP route templates: ``jobs/{id:int}/{*rest}``; pure."""

import re

_SEGMENT = re.compile(r"\{(\*{0,2})([A-Za-z_][A-Za-z0-9_]*)(?::([^{}?]+))?(\?)?\}")
_CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?i:true|false)",
}
_CATCH_ALL = 3


def compile_template(template: str, prefix: str) -> tuple[re.Pattern[str], tuple[int, ...]]:
    """Return the regular expression of a template under the route prefix, and its rank.

    The rank sorts literal segments before parameters, and these before catch-alls.

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
            raise ValueError(f"Route {template!r}: the segment {text!r} is malformed.")
        return "/" + re.escape(text), 0
    stars, name, constraint, optional = found.groups()
    if stars:
        # An empty segment never matches: the real host answers ``/api//x`` itself.
        return f"(?:/(?P<{name}>(?!/).*?))?", _CATCH_ALL
    if constraint is not None and constraint not in _CONSTRAINTS:
        raise ValueError(f"Route {template!r}: this host does not support the constraint {constraint!r}.")
    pattern = "[^/]+" if constraint is None else _CONSTRAINTS[constraint]
    part = f"/(?P<{name}>{pattern})"
    return (f"(?:{part})?" if optional else part), 2 if constraint is None else 1
