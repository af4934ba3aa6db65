"""Names of modules, classes, functions and fields that docs/glossary.md forbids."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
#: Names that stand outside of the code as well, behind their files, by where they stand: no rename reaches them there.
WIRE = {
    "starlette, whose routes are called by it": ("localhost/host/http_triggers.py handle",),
    "the report": ("shared/analysis/schema.py animated",),
    "the HTTP API": (
        *(f"shared/http/responses.py {name}" for name in ("left", "missed", "refused")),
        *(f"shared/http/action_responses.py {name}" for name in ("done", "refused", "truncated")),
    ),
    "the row of an action": ("shared/rules/actions.py done", "shared/rules/actions.py refused"),
    "a column of the job row": ("shared/rules/audit.py retagged", "shared/rules/jobs.py retagged"),
    "a mark of the job table": ("shared/rules/statistics.py missed", "shared/steps/upkeep/position.py missed"),
    "a line of the log": (
        "shared/steps/upkeep/purge.py left",
        *(f"shared/steps/upkeep/reconcile.py {name}" for name in ("ignored", "missed", "reopened", "seen", "vanished")),
    ),
}
_PLACES = ("shared", "localhost", "clients", "deploy", "tests")
_LETTERS = re.compile(r"\w+")
#: The participles that name a state, and therefore may stand alone.
STATES = frozenset(_LETTERS.findall(re.findall(r"^> (.+)$", GLOSSARY, re.MULTILINE)[0]))
_IRREGULAR = frozenset(
    _LETTERS.findall("""
        asked beaten begun bent bitten blown bought broken brought built burnt caught chosen dealt done drawn driven dug
        eaten fallen fed felt flown forbidden forgiven forgotten fought found frozen given gone got gotten grown heard
        held hidden hung kept known laid lain learnt lent lost made meant met overwritten paid proven retaken ridden
        risen said seen sent sewn shaken shot shown shrunk slept slid sold sought spent spoken spun stolen stood struck
        stuck sung sunk swept swollen sworn swung taken taught thrown told torn understood undone unseen unsent wired
        withdrawn woken won worn woven written
    """)
)
_NO_PARTICIPLES = frozenset(
    _LETTERS.findall("""
        bed bleed breed embed exceed feed greed hundred indeed infrared naked need proceed red sacred seed shared shed
        sled speed succeed weed wicked
    """)
)
#: What says nothing, when it is the whole name.
_VAGUE = frozenset(("base", "common", "handle", "helper", "left", "manager", "process", "save", "util"))
#: What begins a sentence, which ends as it must: ``is_disabled``, ``test_a_lock_that_is_held``.
_SENTENCE = frozenset(("are", "can", "has", "is", "may", "must", "test", "was"))
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
#: What may give a name, and some more: only where one of these is wrong is a file worth parsing, which takes longest.
_PERHAPS = re.compile(r"\b(?:class|def)\s+(\w+)|^ +(\w+) *:|\bself\.(\w+)", re.MULTILINE)
_CLASS = re.compile(r"^ *class (\w+)\(([^)]*)\)", re.MULTILINE)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@cache
def is_wrong(name: str) -> bool:
    """Say whether a name is a participle that names no state, or says nothing."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or (len(words) > 1 and words[0] in _SENTENCE):
        return False
    last = words[-1]
    participle = last in _IRREGULAR or (last.endswith("ed") and last not in _NO_PARTICIPLES)
    return (participle and last not in STATES) or (len(words) == 1 and last.removesuffix("s") in _VAGUE)


def wrong_names() -> list[str]:
    """List each wrong name behind its file, sorted."""
    names: set[tuple[str, str]] = set()
    bases: dict[str, set[str]] = {}
    for path in sorted(path for place in _PLACES for path in (ROOT / place).rglob("*.py")):
        file, text = path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
        stem = path.parent.name if path.stem == "__init__" else path.stem.removeprefix("test_")
        names.add((file, stem))
        for name, parents in _CLASS.findall(text):
            bases.setdefault(name, set()).update(_LETTERS.findall(parents))
        if any(map(is_wrong, {name for found in _PERHAPS.findall(text) for name in found if name})):
            names.update((file, name) for node in _statements(ast.parse(text)) for name in _names(node))
    wrong = {(file, name) for file, name in names if is_wrong(name) and not _is_error(name, bases)}
    return [" ".join(each) for each in sorted(wrong)]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for block in _BLOCKS:
        for each in getattr(node, block, ()):
            yield each
            yield from _statements(each)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    if isinstance(node, ast.ClassDef):
        yield from (ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign))
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    yield from (each.attr for each in targets if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self")


def _is_error(name: str, bases: dict[str, set[str]]) -> bool:
    """Say whether a class is an error: those are named after what happened, like ``LockHeld``."""
    others = bases.get(name, set()) - {name}
    return any(base.endswith(("Error", "Exception")) or _is_error(base, bases) for base in others)
