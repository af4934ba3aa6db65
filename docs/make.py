"""Fill the tables of the documents from the code that they speak of.

``python -m docs.make`` rewrites them, and report.schema.json; a test fails when a document is not as this would leave
it. A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

from deploy.check.azure import roles
from deploy.check.azure.deployment import deploy
from docs import command_page, diagrams, http_page, messages, report_page, report_schema
from docs.schema_words import table
from shared.http.access import PUBLIC, ROLES
from shared.http.app import ROUTES
from shared.http.error_codes import ErrorCode
from shared.http.paths import Paths
from shared.rules.access import Act
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.invariants import INFORMATION, Rule
from shared.rules.jobs import TRANSITIONS, State
from shared.rules.keys import MEANINGS, Role
from shared.settings.settings import Settings
from shared.tracing import FACTS, Operation

FOLDER = Path(__file__).resolve().parent
DOCUMENTS = (FOLDER.parent / "CONTRIBUTING.md", *sorted(FOLDER.rglob("*.md")))
_MARKED = re.compile(r"(<!-- (?:table|text): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


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


def _ignored() -> list[Sequence[str]]:
    return [("reason in the log", "meaning"), *((each.reason, each.value) for each in IgnoreReason)]


def _invariants() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("rule", "what is wrong", "")]
    rows += [(rule.name.lower(), rule.value, "note" if rule in INFORMATION else "violation") for rule in Rule]
    return rows


def _refusals() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("status", "`code`", "meaning")]
    return rows + [(str(code.status), f"`{code}`", f"{code.meaning} {code.note}".rstrip()) for code in ErrorCode]


def _acts() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("what", "the least built-in role", "permission of a SAS")]
    return rows + [(act.phrase, act.role, f"`{act.letters}`") for act in Act]


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


def _span_operations() -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("operation", "kind", "while it lasts")]
    return rows + [(f"`{operation}`", operation.kind.value, operation.meaning) for operation in Operation]


def _span_facts() -> list[Sequence[str]]:
    return [("attribute", "meaning"), *((f"`{attribute}`", meaning) for attribute, meaning in FACTS.values())]


def _rooms() -> list[Sequence[str]]:
    """Read the import contracts: a layer may import those below it, and rooms of its own with ``:`` between them."""
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text("utf-8"))
    rows: list[Sequence[str]] = [("room", "what it is for", "may import")]
    for contract in project["tool"]["importlinter"]["contracts"]:
        for layer, below in pairwise([*contract.get("layers", ()), ""]):
            rooms, next_rooms = (re.findall(r"\w+", each) for each in (layer, below))
            lower = ", ".join(f"`{room}`" for room in next_rooms) or "–"
            folder = f"{'/'.join(contract['containers'])}/".replace(".", "/")
            own = "its neighbours, " if ":" in layer else ""
            rows += [(f"`{folder}{room}`", _purpose(folder + room), own + lower) for room in rooms]
    return rows


def _purpose(room: str) -> str:
    """Return the first sentence of a room's docstring."""
    path = FOLDER.parent / room
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    sentence = (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").split(".\n")[0].split(". ")[0]
    return sentence.removesuffix(".").replace("``", "`")


def _grants() -> list[Sequence[str]]:
    deployment = deploy(FOLDER.parent, {"operatorId": "somebody"})
    return [("who", "role", "where", "why"), *roles.table(deployment)]


def _sizes() -> list[Sequence[str]]:
    names = ("ANALYSIS_PROCESSES", "ANALYSIS_MEMORY_BYTES", "MAX_DECODE_BYTES", "MAX_BYTES")
    rows: list[Sequence[str]] = [("memory of an instance", *(f"`{name}`" for name in names))]
    for memory in (512, 2048, 4096):
        given = deploy(FOLDER.parent, {"instanceMemoryMB": memory}).settings
        values = (given.analysis_processes, given.analysis_memory_bytes, given.max_decode_bytes, given.max_bytes)
        rows.append((f"{memory:,} MB", *(f"{value:,}" for value in values)))
    return rows


TABLES: Mapping[str, Callable[[], list[Sequence[str]]]] = {
    **messages.TABLES,
    "settings": _settings,
    "transitions": _transitions,
    "ignored": _ignored,
    "invariants": _invariants,
    "acts": _acts,
    "roles": _roles,
    "refusals": _refusals,
    "access": _access,
    "rooms": _rooms,
    "grants": _grants,
    "sizes": _sizes,
    "exit_statuses": command_page.statuses,
    "span_operations": _span_operations,
    "span_facts": _span_facts,
}
#: What is no table.
TEXTS: Mapping[str, Callable[[], str]] = {
    "states": diagrams.states,
    "operations": http_page.text,
    "report": report_page.text,
    "commands": command_page.text,
}


def filled(text: str) -> str:
    """Return a document with its tables and texts as the code has them.

    Raises:
        KeyError: It asks for a table or text that is not there.
    """
    return _MARKED.sub(lambda found: f"{found[1]}{_made(found[2])}{found[3]}", text)


def _made(name: str) -> str:
    return TEXTS[name]() if name in TEXTS else table(TABLES[name]())


def main() -> None:
    """Rewrite every document."""
    for path in DOCUMENTS:
        path.write_text(filled(path.read_text("utf-8")), "utf-8")
    report_schema.FILE.write_text(report_schema.text(), "utf-8")


if __name__ == "__main__":
    main()
