"""Import an app, and say which functions it has."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azure.functions.decorators.function_app import Function, FunctionRegister


class AppWrong(RuntimeError):
    """The app, or one of its functions, cannot work; the message says which and why."""


def find_functions(app: Path) -> list[Function]:
    """Import ``function_app.py`` and return its functions.

    Raises:
        AppWrong: It is not there, or defines no app or two.
        Exception: Whatever the import raises.
    """
    path = app / "function_app.py"
    if not path.exists():
        raise AppWrong(f"{path} does not exist.")
    registers = {id(value): value for value in _import(path) if isinstance(value, FunctionRegister)}
    if len(registers) != 1:
        raise AppWrong(f"{path} must define one FunctionApp at its top level, but defines {len(registers)}.")
    try:
        return list(registers.popitem()[1].get_functions())
    except ValueError as error:
        raise AppWrong(f"{path}: {error}") from None


def _import(path: Path) -> Iterator[Any]:
    """Import a module under the name that the real worker gives it; yield its values."""
    folder = str(path.parent)
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("function_app", path)
    if spec is None or spec.loader is None:
        raise AppWrong(f"{path} is not a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["function_app"] = module
    spec.loader.exec_module(module)
    yield from vars(module).values()


def describe(function: Function) -> dict[str, Any]:
    """Return what the host must know of a function."""
    bindings = [json.loads(raw) for raw in function.get_raw_bindings()]
    return {"name": str(function.get_function_name()), "bindings": bindings}
