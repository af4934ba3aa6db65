"""Plant a fault into production code for a while: a small change of the source of one function, as a patch has it.

The change is compiled into the module's own source, and the function's code is swapped in place: so it is changed for
whoever has imported it, too. A name that is gone, or a text that no longer stands in it exactly once, is an error at
once: a fault that is not planted would be one that is never found.
"""

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any


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

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Plant it until the context ends.

        Raises:
            NotPlanted: There is no such place, or no such text in it.
        """
        module, name = _module(self.place), self.place.partition(":")[2]
        target = _target(module, name)
        if isinstance(target, FunctionType):
            swap = _swapped(target, _changed(module, target.__code__, self))
        else:
            swap = _set(module, name, _constant(module, name, self))
        with swap:
            yield


@dataclass(frozen=True)
class Planted:
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


def fault(name: str, *edits: tuple[str, str, str] | Edit) -> Planted:
    """Describe a fault: its name, and for each edit the place, the text before and the text after."""
    return Planted(name, tuple(edit if isinstance(edit, Edit) else Edit(*edit) for edit in edits))


@contextmanager
def plant(*faults: Planted) -> Iterator[None]:
    """Run production code with these faults until the context ends."""
    with ExitStack() as stack:
        for each in faults:
            for edit in each.edits:
                stack.enter_context(edit.planted())
        yield


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


def _text(lines: Sequence[str], begin: int, end: int, edit: Edit) -> str:
    """Return some lines of a module with one text in them changed."""
    text = "".join(lines[begin:end])
    if text.count(edit.before) != 1:
        raise NotPlanted(f"{edit.place}: {text.count(edit.before)} times: {edit.before}")
    return text.replace(edit.before, edit.after)


def _changed(module: ModuleType, code: CodeType, edit: Edit) -> CodeType:
    """Compile a module with one function changed, and return that function's code."""
    lines = _source(module)
    begin = code.co_firstlineno - 1
    end = begin + len(inspect.getblock(lines[begin:]))
    text = "".join([*lines[:begin], _text(lines, begin, end, edit), *lines[end:]])
    for one in _codes(compile(text, str(module.__file__), "exec")):
        if one.co_qualname == code.co_qualname and one.co_firstlineno == code.co_firstlineno:
            return one
    raise NotPlanted(f"{edit.place}: not found in its module again")


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


@contextmanager
def _swapped(function: FunctionType, code: CodeType) -> Iterator[None]:
    sound = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = sound


def _constant(module: ModuleType, name: str, edit: Edit) -> object:
    """Make a module's constant again, with the change: its one statement alone, in the module as it stands."""
    lines = _source(module)
    for statement in ast.parse("".join(lines)).body:
        named = statement.target if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [None])[0]
        if isinstance(named, ast.Name) and named.id == name:
            text = _text(lines, statement.lineno - 1, statement.end_lineno or 0, edit)
            namespace = {**vars(module)}
            exec(compile(text, str(module.__file__), "exec"), namespace)  # noqa: S102 - our own source
            return namespace[name]
    raise NotPlanted(edit.place)


@contextmanager
def _set(module: ModuleType, name: str, value: object) -> Iterator[None]:
    """Give a constant another value, wherever it was imported by its name."""
    sound = getattr(module, name)
    places = [each for each in list(sys.modules.values()) if each is not None and vars(each).get(name) is sound]
    for each in places:
        setattr(each, name, value)
    try:
        yield
    finally:
        for each in places:
            setattr(each, name, sound)
