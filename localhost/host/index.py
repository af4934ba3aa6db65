"""Which functions an app has: what the worker's indexing tells the host."""

import functools
import importlib.util
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from azure.functions.decorators.function_app import Function as DecoratedFunction
from azure.functions.decorators.function_app import FunctionRegister

from localhost.host import ncrontab, paths
from localhost.host.app_settings import SettingsWrong, is_disabled, resolve
from localhost.host.connections import DEFAULT

TRIGGERS = frozenset({"queueTrigger", "blobTrigger", "timerTrigger", "httpTrigger"})
#: Where a ``%SETTING%`` may stand.
_RESOLVED = ("queueName", "path", "schedule", "route")


@dataclass(frozen=True)
class Function:
    """One function: what calls it and how."""

    name: str
    call: Callable[..., Any]
    #: The trigger's binding, with its settings resolved.
    trigger: Mapping[str, Any]
    bindings: tuple[Mapping[str, Any], ...]
    is_async: bool
    takes_context: bool
    #: ``str`` or ``bytes`` when the trigger parameter is annotated so and takes the body as it is.
    plain: type | None
    returns_http: bool
    is_disabled: bool
    directory: Path

    @property
    def kind(self) -> str:
        """The binding type of the trigger."""
        return str(self.trigger["type"])

    @property
    def connection(self) -> str:
        """The name of the setting that holds the trigger's storage connection."""
        return str(self.trigger.get("connection") or DEFAULT)

    @property
    def route(self) -> str:
        """The template of an HTTP trigger, without the prefix."""
        return str(self.trigger.get("route") or self.name).strip("/")

    @property
    def id(self) -> str:
        """The name under which receipts, messages and locks know it."""
        return f"Host.Functions.{self.name}"

    @functools.cached_property
    def pattern(self) -> paths.Pattern:
        """The blob path that the trigger watches."""
        return paths.compile_pattern(self.trigger["path"])


def index(app: Path, environ: Mapping[str, str]) -> list[Function]:
    """Import ``function_app.py`` and return its functions by name.

    Raises:
        SettingsWrong: It holds no function, or one that cannot work; the message says which and why.
        Exception: Whatever the import raises.
    """
    registered = _import(app)
    try:
        decorated = registered.get_functions()
    except ValueError as error:
        raise SettingsWrong(f"{app / 'function_app.py'}: {error}") from None
    functions = sorted((_function(item, app, environ) for item in decorated), key=lambda item: item.name)
    if not functions:
        raise SettingsWrong(f"{app / 'function_app.py'} defines no functions.")
    names = [function.name.lower() for function in functions]
    for name in names:
        if names.count(name) > 1:
            raise SettingsWrong(f"Two functions have the name {name}.")
    return functions


def _import(app: Path) -> FunctionRegister:
    path = app / "function_app.py"
    if not path.exists():
        raise SettingsWrong(f"{path} does not exist.")
    if sys.path[:1] != [str(app)]:
        sys.path.insert(0, str(app))
    spec = importlib.util.spec_from_file_location("function_app", path)
    if spec is None or spec.loader is None:
        raise SettingsWrong(f"{path} is not a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["function_app"] = module
    spec.loader.exec_module(module)
    found = {id(value): value for value in vars(module).values() if isinstance(value, FunctionRegister)}
    if len(found) != 1:
        raise SettingsWrong(f"{path} must define one FunctionApp at its top level, but defines {len(found)}.")
    return found.popitem()[1]


def _function(item: DecoratedFunction, app: Path, environ: Mapping[str, str]) -> Function:
    name = str(item.get_function_name())
    bindings = tuple(_resolve_binding(name, json.loads(raw), environ) for raw in item.get_raw_bindings())
    triggers = [binding for binding in bindings if str(binding["type"]).lower().endswith("trigger")]
    if len(triggers) != 1 or triggers[0]["type"] not in TRIGGERS:
        raise SettingsWrong(f"Function {name}: it must have exactly one trigger, of {', '.join(sorted(TRIGGERS))}.")
    others = [binding for binding in bindings if binding is not triggers[0] and binding["type"] != "http"]
    if others:
        raise SettingsWrong(f"Function {name}: this host does not support the binding {others[0]['type']}.")
    call = item.get_user_function()
    parameters = _parameters(name, call, triggers[0])
    hint = _hints(call).get(triggers[0]["name"])
    function = Function(
        name=name,
        call=call,
        trigger=triggers[0],
        bindings=bindings,
        is_async=inspect.iscoroutinefunction(call),
        takes_context="context" in parameters and triggers[0]["name"] != "context",
        plain=hint if hint in (str, bytes) else None,
        returns_http=any(binding["type"] == "http" for binding in bindings),
        is_disabled=is_disabled(name, environ),
        directory=app,
    )
    _check(function)
    return function


def _resolve_binding(function: str, binding: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    for field in _RESOLVED:
        if isinstance(binding.get(field), str):
            binding[field] = resolve(binding[field], function=function, field=field, environ=environ)
    return binding


def _parameters(function: str, call: Callable[..., Any], trigger: Mapping[str, Any]) -> set[str]:
    """Return the names of the parameters; they must be the trigger's and ``context``, no other."""
    names = set(inspect.signature(call).parameters)
    if trigger["name"] not in names:
        raise SettingsWrong(f"Function {function}: the trigger's arg_name {trigger['name']!r} is not a parameter.")
    unbound = names - {trigger["name"], "context"}
    if unbound:
        raise SettingsWrong(f"Function {function}: no binding provides the parameters {', '.join(sorted(unbound))}.")
    return names


def _hints(call: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(call)
    except NameError as error:
        raise SettingsWrong(f"{call.__qualname__}: cannot resolve an annotation: {error}") from None


def _check(function: Function) -> None:
    """Refuse at start what would fail at the first event."""
    try:
        if function.kind == "timerTrigger":
            ncrontab.parse(function.trigger["schedule"])
        elif function.kind == "blobTrigger":
            _ = function.pattern
    except ValueError as error:
        raise SettingsWrong(f"Function {function.name}: {error}") from None
