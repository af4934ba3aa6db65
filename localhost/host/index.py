"""Which functions an app has: what the worker process tells the host, with its settings filled in."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localhost.host import ncrontab, paths
from localhost.host.app_settings import SettingsWrong, is_disabled, resolve
from localhost.host.connections import DEFAULT

TRIGGERS = frozenset({"queueTrigger", "blobTrigger", "timerTrigger", "httpTrigger"})
#: Where a ``%SETTING%`` may stand.
_RESOLVED = ("queueName", "path", "schedule", "route")
#: What a route may not begin with, as on the real host: ``administrators`` neither.
_OWN_ROUTES = ("admin", "runtime")


@dataclass(frozen=True)
class Function:
    """One function, and what calls it."""

    name: str
    #: The trigger's binding, with its settings resolved.
    trigger: Mapping[str, Any]
    bindings: tuple[Mapping[str, Any], ...]
    is_disabled: bool

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


def index(listing: Sequence[Mapping[str, Any]], environ: Mapping[str, str]) -> list[Function]:
    """Return the functions that the worker lists, by name.

    Raises:
        SettingsWrong: It lists none, or one that cannot work; the message says which and why.
    """
    functions = sorted((_function(each, environ) for each in listing), key=lambda item: item.name)
    if not functions:
        raise SettingsWrong("function_app.py defines no functions.")
    names = [function.name.lower() for function in functions]
    for name in names:
        if names.count(name) > 1:
            raise SettingsWrong(f"Two functions have the name {name}.")
    return functions


def _function(item: Mapping[str, Any], environ: Mapping[str, str]) -> Function:
    name = str(item["name"])
    bindings = tuple(_resolve_binding(name, dict(binding), environ) for binding in item["bindings"])
    triggers = [binding for binding in bindings if str(binding["type"]).lower().endswith("trigger")]
    if len(triggers) != 1 or triggers[0]["type"] not in TRIGGERS:
        raise SettingsWrong(f"Function {name}: it must have exactly one trigger, of {', '.join(sorted(TRIGGERS))}.")
    others = [binding for binding in bindings if binding is not triggers[0] and binding["type"] != "http"]
    if others:
        raise SettingsWrong(f"Function {name}: this host does not support the binding {others[0]['type']}.")
    function = Function(name, trigger=triggers[0], bindings=bindings, is_disabled=is_disabled(name, environ))
    _check(function)
    return function


def _resolve_binding(function: str, binding: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    for field in _RESOLVED:
        if isinstance(binding.get(field), str):
            binding[field] = resolve(binding[field], function=function, field=field, environ=environ)
    return binding


def _check(function: Function) -> None:
    """Refuse at start what would fail at the first event."""
    try:
        if function.kind == "timerTrigger":
            ncrontab.parse(function.trigger["schedule"])
        elif function.kind == "blobTrigger":
            _ = function.pattern
        elif function.kind == "httpTrigger" and function.route.lower().startswith(_OWN_ROUTES):
            raise ValueError(f"the route {function.route!r} begins like those of the host.")  # noqa: TRY301
    except ValueError as error:
        raise SettingsWrong(f"Function {function.name}: {error}") from None
