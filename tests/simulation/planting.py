"""Plant a fault into production code for a while: a small change of the source of one function, as a patch has it.

The change is compiled into the module's own source, and the function's code is swapped in place: so it is changed for
whoever has imported it, too. A name that is gone, or a text that no longer stands in it exactly once, is an error at
once: a fault that is not planted would be one that is never found.
"""

import ast
import builtins
import dis
import importlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest


class NotPlanted(LookupError):
    """The fault does not fit production code any more."""


@dataclass(frozen=True)
class Edit:
    """One change of one function, or of a constant of a module.

    Attributes:
        place: ``module:qualified.name`` of the function; ``module:`` and a constant's name for what stands at the top
            of a module.
        before: What stands in its source exactly once.
        after: What stands there instead.
    """

    place: str
    before: str
    after: str


@dataclass(frozen=True)
class PlantedFault:
    """A fault.

    Attributes:
        name: What is wrong, in words.
        edits: All of them make the fault.
    """

    name: str
    edits: tuple[Edit, ...]

    def __str__(self) -> str:
        """Return its name."""
        return self.name


def fault(name: str, *edits: tuple[str, str, str] | Edit) -> PlantedFault:
    """Describe a fault: its name, and for each edit the place, the text before and the text after."""
    return PlantedFault(name, tuple(edit if isinstance(edit, Edit) else Edit(*edit) for edit in edits))


@contextmanager
def plant(*faults: PlantedFault) -> Iterator[None]:
    """Run production code with these faults until the context ends.

    Raises:
        NotPlanted: A place is gone, or a text in it.
    """
    by_place: dict[str, list[Edit]] = {}
    for edit in chain.from_iterable(each.edits for each in faults):
        by_place.setdefault(edit.place, []).append(edit)
    with pytest.MonkeyPatch.context() as patch:
        for place, edits in by_place.items():
            _change(place, edits, patch)
        yield


def _change(place: str, edits: Sequence[Edit], patch: pytest.MonkeyPatch) -> None:
    """Change one place by all edits of it; a constant wherever it was imported by its name."""
    module, name = _module(place), place.partition(":")[2]
    target = _target(module, name)
    if isinstance(target, FunctionType):
        patch.setattr(target, "__code__", _code(module, target.__code__, edits))
        return
    constant = _constant(module, name, edits)
    for each in [each for each in list(sys.modules.values()) if each is not None and vars(each).get(name) is target]:
        patch.setattr(each, name, constant)


def _module(place: str) -> ModuleType:
    try:
        return importlib.import_module(place.partition(":")[0])
    except ImportError as error:
        raise NotPlanted(place) from error


def _target(module: ModuleType, name: str) -> object:
    """Return a function, or a module's constant."""
    target: Any = module
    for part in name.split("."):
        if part not in vars(target):
            raise NotPlanted(f"{module.__name__}:{name}")
        target = vars(target)[part]
    if isinstance(target, property):
        target = target.fget
    if isinstance(target, staticmethod | classmethod):
        target = target.__func__
    return inspect.unwrap(target) if callable(target) else target


@cache
def _source(module: ModuleType) -> list[str]:
    return inspect.getsource(module).splitlines(keepends=True)


def _text(lines: Sequence[str], begin: int, end: int, edits: Sequence[Edit]) -> str:
    """Return some lines of a module with texts in them changed."""
    text = "".join(lines[begin:end])
    for edit in edits:
        if text.count(edit.before) != 1:
            raise NotPlanted(f"{edit.place}: {text.count(edit.before)} times: {edit.before}")
        text = text.replace(edit.before, edit.after)
    return text


def _code(module: ModuleType, code: CodeType, edits: Sequence[Edit]) -> CodeType:
    """Compile a module with one function changed, and return that function's code."""
    lines = _source(module)
    begin = code.co_firstlineno - 1
    end = begin + len(inspect.getblock(lines[begin:]))
    text = "".join([*lines[:begin], _text(lines, begin, end, edits), *lines[end:]])
    for one in _codes(compile(text, str(module.__file__), "exec")):
        if one.co_qualname == code.co_qualname and one.co_firstlineno == code.co_firstlineno:
            _check_names(module, one, edits)
            return one
    raise NotPlanted(f"{edits[0].place}: not found in its module again")


def _check_names(module: ModuleType, code: CodeType, edits: Sequence[Edit]) -> None:
    """Refuse a fault that only shows because it names what is not there."""
    for one in (code, *_codes(code)):
        names = {each.argval for each in dis.get_instructions(one) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        if unknown := names - vars(module).keys() - vars(builtins).keys():
            raise NotPlanted(f"{edits[0].place}: no {', '.join(sorted(unknown))}")


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _constant(module: ModuleType, name: str, edits: Sequence[Edit]) -> object:
    """Make a module's constant again, with the change: its one statement alone, in the module as it stands."""
    lines = _source(module)
    for statement in ast.parse("".join(lines)).body:
        named = statement.target if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [None])[0]
        if isinstance(named, ast.Name) and named.id == name:
            text = _text(lines, statement.lineno - 1, statement.end_lineno or 0, edits)
            code = compile(text, str(module.__file__), "exec")
            _check_names(module, code, edits)
            namespace = {**vars(module)}
            exec(code, namespace)  # noqa: S102 - our own source
            return namespace[name]
    raise NotPlanted(edits[0].place)
