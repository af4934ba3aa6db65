"""Fill the tables of the documents from the code that they speak of.

``python -m docs.make`` rewrites them, and report.schema.json; a test fails when a document is not as this would leave
it. A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from docs import report_schema
from shared.http.access import PUBLIC, ROLES
from shared.http.app import ROUTES
from shared.http.error_codes import ErrorCode
from shared.http.paths import Paths
from shared.rules.ignored import Ignored
from shared.rules.invariants import INFORMATION, Rule
from shared.rules.jobs import TRANSITIONS, State
from shared.rules.keys import MEANINGS, Role
from shared.settings.settings import Settings
from shared.telemetry import LogEvent

FOLDER = Path(__file__).resolve().parent
_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _settings() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("setting", "default", "meaning")]
    rows += [(f"`{f.metadata['name']}`", f"`{f.metadata['default']}`", f.metadata["meaning"]) for f in fields(Settings)]
    return rows


def _transitions() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("event", "from", "to", "refused when")]
    for row in TRANSITIONS:
        guards = "; ".join(guard.value for guard in row.guards) or "–"
        rows.append((row.event.value, _state(row.source, "–"), _state(row.target, "gone"), guards))
    return rows


def _state(state: State | None, otherwise: str) -> str:
    return otherwise if state is None else state.value


def _events() -> list[Sequence[str]]:
    return [("name in code", "`event` in the log"), *((event.name, event.value) for event in LogEvent)]


def _ignored() -> list[Sequence[str]]:
    return [("reason in the log", "meaning"), *((each.reason, each.value) for each in Ignored)]


def _invariants() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("rule", "what is wrong", "")]
    rows += [(rule.name.lower(), rule.value, "note" if rule in INFORMATION else "violation") for rule in Rule]
    return rows


def _refusals() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("status", "`code`", "meaning")]
    return rows + [(str(code.status), f"`{code}`", f"{code.meaning} {code.note}".rstrip()) for code in ErrorCode]


def _roles() -> list[Sequence[str]]:
    return [("role", "what for"), *((f"`{role}`", MEANINGS[role]) for role in Role)]


def _access() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("call", "without a key", *(role.value for role in Role))]
    for method, path, operation in [*Paths(ROUTES).operations(), ("GET", "/openapi.json", "openapi")]:
        allowed = ROLES.get(operation, frozenset({Role.OPERATOR}))
        if operation in PUBLIC:
            cells = ["yes"] * (1 + len(Role))
        else:
            cells = ["–", *("yes" if role in allowed else "–" for role in Role)]
        rows.append((f"`{method} {path}`", *cells))
    return rows


TABLES: Mapping[str, Callable[[], list[Sequence[str]]]] = {
    "settings": _settings,
    "transitions": _transitions,
    "events": _events,
    "ignored": _ignored,
    "invariants": _invariants,
    "roles": _roles,
    "refusals": _refusals,
    "access": _access,
}


def filled(text: str) -> str:
    """Return a document with its tables as the code has them.

    Raises:
        KeyError: It asks for a table that is not there.
    """
    return _MARKED.sub(lambda found: f"{found[1]}{_table(TABLES[found[2]]())}{found[3]}", text)


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = [f"| {' | '.join(row)} |\n" for row in rows]
    return f"{head}{'|---' * len(rows[0])}|\n{''.join(rest)}"


def main() -> None:
    """Rewrite every document."""
    for path in sorted(FOLDER.glob("*.md")):
        path.write_text(filled(path.read_text("utf-8")), "utf-8")
    report_schema.FILE.write_text(report_schema.text(), "utf-8")


if __name__ == "__main__":
    main()
