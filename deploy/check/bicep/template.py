"""Follow a template and its modules, for given parameters, to all resources that they would deploy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path, PurePosixPath

from deploy.check.bicep import tree
from deploy.check.bicep.evaluator import Names, evaluate, holds, rounds
from deploy.check.bicep.reader import SyntaxProblem, read
from deploy.check.bicep.tree import Expression, Place
from deploy.check.bicep.values import Properties, Quote, Symbol, Value, look_up

#: The types of parameters, and what their values are here.
_KINDS: Mapping[str, type] = {"string": Quote, "int": int, "bool": bool, "array": list, "object": Properties}


@dataclass(frozen=True)
class Instance:
    """A resource as it would be deployed.

    Attributes:
        kind: Its type, with those of its parents.
        version: Of the API.
        body: All properties; those of an ``existing`` one too.
        is_existing: Whether the template only refers to it.
        place: Where it is declared.
    """

    kind: str
    version: str
    body: Properties
    is_existing: bool
    place: Place

    @property
    def name(self) -> str:
        """Its own name, without that of its parents."""
        return str(self.body.get("name"))

    def get(self, *path: str) -> tuple[Value, Place]:
        """Follow properties as far as they go; return the value, or None, and the place that comes nearest to it."""
        value, place = look_up(self.body, *path)
        return value, place or self.place


class Template:
    """One file, with the values of its parameters.

    Args:
        root: Root of the repository.
        path: Of the file, from there.
        parameters: Values; those that have a default may be missing.
        place: Where it is used, for errors.
    """

    def __init__(self, root: Path, path: str, parameters: Mapping[str, Value], place: Place) -> None:
        self._root, self._given, self._place = root, parameters, place
        self.file = read(root, path)
        self._instances: dict[str, list[Instance]] = {}
        self._modules: dict[str, Template | None] = {}
        self._check_parameters()
        self.names: Names = {
            **{name: cache(partial(self._parameter, each)) for name, each in self.file.parameters.items()},
            **{name: cache(partial(self._evaluate, each)) for name, each in self.file.variables.items()},
            **{name: cache(partial(self._symbol, each)) for name, each in self.file.resources.items()},
            **{name: cache(partial(self._module_symbol, each)) for name, each in self.file.modules.items()},
        }

    def instances(self) -> list[Instance]:
        """List the resources of this file and of all its modules."""
        found = [
            each for resource in self.file.resources.values() for each in self._resource(resource, None, self.names)
        ]
        for each in self.file.modules.values():
            module = self._module(each)
            found += module.instances() if module else []
        return found

    def files(self) -> list[tree.File]:
        """List this file and those of all modules that are deployed."""
        modules = [self._module(each) for each in self.file.modules.values()]
        return [self.file, *(file for module in modules if module for file in module.files())]

    def output(self, name: str, place: Place) -> Value:
        """Work an output out."""
        if name not in self.file.outputs:
            raise SyntaxProblem(place, f"{self.file.path} has no output '{name}'.")
        return self._evaluate(self.file.outputs[name])

    def _check_parameters(self) -> None:
        for name in self._given:
            if name not in self.file.parameters:
                raise SyntaxProblem(self._place, f"{self.file.path} has no parameter '{name}'.")
        for name, each in self.file.parameters.items():
            if name not in self._given and each.default is None:
                raise SyntaxProblem(self._place, f"{self.file.path} needs a value of '{name}'.")

    def _evaluate(self, expression: Expression) -> Value:
        return evaluate(expression, self.names)

    def _parameter(self, parameter: tree.Parameter) -> Value:
        if parameter.name not in self._given:
            return self._evaluate(parameter.default) if parameter.default else None
        value = self._given[parameter.name]
        kind = _KINDS.get(parameter.kind)
        if kind is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise SyntaxProblem(self._place, f"'{parameter.name}' must be of the type {parameter.kind}.")
        choices = self._evaluate(parameter.choices) if parameter.choices else None
        if isinstance(choices, list) and value not in choices:
            raise SyntaxProblem(self._place, f"'{parameter.name}' must be one of {choices}, but is {value!r}.")
        return value

    def _resource(self, resource: tree.Resource, parent: Instance | None, outer: Names) -> list[Instance]:
        """Work a resource out, once for each round of its loop, and those inside of it."""
        prefix = f"{parent.kind}/" if parent else ""
        version = resource.version or (parent.version if parent else "")
        found: list[Instance] = []
        for body, names in _rounds(resource.body, outer):
            value = evaluate(body, names)
            if not isinstance(value, Properties) or not isinstance(body, tree.Object):
                raise SyntaxProblem(resource.place, "A resource must be an object.")
            instance = Instance(prefix + resource.kind, version, value, resource.is_existing, resource.place)
            found.append(instance)
            for child in body.children:
                found += self._resource(child, instance, names)
        return found

    def _symbol(self, resource: tree.Resource) -> Value:
        if isinstance(resource.body, tree.Loop):
            each = [self._symbol_of(resource, body, names) for body, names in _rounds(resource.body, self.names)]
            return list[Value](each)
        body = resource.body.body if isinstance(resource.body, tree.Condition) else resource.body
        return self._symbol_of(resource, body, self.names)

    def _symbol_of(self, resource: tree.Resource, body: Expression, names: Names) -> Symbol:
        """Make a handle that knows the resource's name, and the resources inside of it."""
        if not isinstance(body, tree.Object):
            raise SyntaxProblem(resource.place, "A resource must be an object.")
        name = next((entry.value for entry in body.entries if evaluate(entry.key, names) == "name"), None)
        children: dict[str, Value] = {
            child.symbol: self._symbol_of(child, child.body, names) for child in body.children
        }
        members: dict[str, Value] = {"name": evaluate(name, names) if name else None}
        return Symbol(resource.symbol, resource.kind, members | children)

    def _module(self, module: tree.Module) -> "Template | None":
        if module.symbol not in self._modules:
            self._modules[module.symbol] = self._load(module)
        return self._modules[module.symbol]

    def _load(self, module: tree.Module) -> "Template | None":
        body = module.body
        if isinstance(body, tree.Condition):
            if not holds(body.test, self.names):
                return None
            body = body.body
        parameters, place = look_up(self._evaluate(body), "params")
        path = str(PurePosixPath(self.file.path).parent / module.path)
        given = parameters if isinstance(parameters, Properties) else Properties(module.place)
        return Template(self._root, path, given, place or module.place)

    def _module_symbol(self, module: tree.Module) -> Value:
        loaded = self._module(module)
        if loaded is None:
            return Symbol(module.symbol)
        outputs = Properties(module.place)
        for name in loaded.file.outputs:
            outputs.put(name, loaded.output(name, module.place), module.place)
        return Symbol(module.symbol, "", {"outputs": outputs})


def _rounds(body: Expression, names: Names) -> list[tuple[Expression, Names]]:
    """Return each body of a resource that is deployed, with the names that count in it."""
    if isinstance(body, tree.Loop):
        return [each for inner in rounds(body, names) for each in _rounds(body.body, inner)]
    if isinstance(body, tree.Condition):
        return [(body.body, names)] if holds(body.test, names) else []
    return [(body, names)]
