"""Find the sentences that users can meet where the code writes them, with ``{name}`` for what is filled in.

A sentence is an argument of a call: of an error, a problem, the command's output, or beside an error code. If the
argument is a name, its values are followed, and if it is a call, what the function returns. So nobody keeps a list.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from pathlib import Path

from shared import errors

ROOT = Path(__file__).resolve().parents[1]
#: The classes of errors, and what else speaks to users.
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type)}
SPEAKERS = {
    *("Problem", "FieldError", "invalid", "ReportInvalid"),
    *("typer.echo", "confirm", "stop", "output.line", "output.note"),
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef
#: A place of ``str.format``, and line ends.
_UNNAMED, _LINES = re.compile(r"\{:[^}]*\}"), re.compile(r"\n+")


class Module:
    """A module of the code.

    Attributes:
        tree: Its syntax.
        calls: Each call with the name of what is called and the function around it; the name of ``super().__init__`` is
            its class.
        functions: Its functions by name.
        imports: What its names are imported from.
    """

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text("utf-8"))
        self.calls: list[tuple[str, ast.Call, ast.AST]] = []
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, _Function)}
        self.imports = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self._collect(self.tree, self.tree, "")

    def _collect(self, node: ast.AST, scope: ast.AST, owner: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                name = ast.unparse(child.func)
                self.calls.append((owner if name == "super().__init__" else name, child, scope))
            name = child.name if isinstance(child, ast.ClassDef) else owner
            self._collect(child, child if isinstance(child, _Function) else scope, name)

    def texts(self, node: ast.expr, scope: ast.AST) -> Iterator[str]:
        """Yield what an expression may be, in a function."""
        for rule in (_literal, _either, _assigned, _returned):
            texts = rule(self, node, scope)
            if texts is not None:
                return texts
        return iter([f"{{{_label(node)}}}"])

    def values(self, name: str, scope: ast.AST) -> Iterator[ast.expr]:
        """Yield what is assigned to a name, in a function or in the module."""
        for node in [*ast.walk(scope), *self.tree.body]:
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    yield from _parts(value)
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    yield from _parts(value)


def _literal(module: Module, node: ast.expr, scope: ast.AST) -> Iterator[str] | None:
    match node:
        case ast.Constant(value=str(text)):
            return iter([_UNNAMED.sub("{…}", _LINES.sub(" ", text))])
        case ast.JoinedStr(values=parts):
            return map("".join, product(*([*module.texts(part, scope)] for part in parts)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return map("".join, product([*module.texts(left, scope)], [*module.texts(right, scope)]))
        case ast.FormattedValue(value=value) | ast.Starred(value=value):
            return module.texts(value, scope)
    return None


def _either(module: Module, node: ast.expr, scope: ast.AST) -> Iterator[str] | None:
    match node:
        case ast.IfExp(body=first, orelse=second):
            return chain(module.texts(first, scope), module.texts(second, scope))
        case ast.BoolOp(values=each) | ast.List(elts=each):
            return chain.from_iterable(module.texts(one, scope) for one in each)
    return None


def _assigned(module: Module, node: ast.expr, scope: ast.AST) -> Iterator[str] | None:
    """Follow a name to its values; a dictionary has those of all its keys."""
    match node:
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")):
            pass
        case _:
            return None
    values = [value for value in module.values(name, scope) if name not in {*_names(value)}]
    texts = [text for value in values for text in module.texts(value, scope)]
    said = [text for text in texts if not _is_hole(text)]
    return iter(dict.fromkeys(said)) if said else None


def _returned(module: Module, node: ast.expr, _: ast.AST) -> Iterator[str] | None:
    """Follow a call to what a function of this or of an imported module returns."""
    if not isinstance(node, ast.Call):
        return None
    owner, _dot, name = ast.unparse(node.func).rpartition(".")
    path = ROOT / f"{module.imports.get(owner, '').replace('.', '/')}.py"
    other = module if not owner else source(path) if path.is_file() else None
    function = None if other is None else other.functions.get(name)
    if other is None or function is None:
        return None
    returned = [part.value for part in ast.walk(function) if isinstance(part, ast.Return) and part.value is not None]
    return chain.from_iterable(other.texts(value, function) for value in returned)


def _parts(value: ast.expr) -> list[ast.expr]:
    match value:
        case ast.Dict(values=values):
            return [part for each in values for part in _parts(each)]
        case ast.Tuple(elts=elements):
            return elements
    return [value]


def _names(value: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(value) if isinstance(node, ast.Name))


def _is_hole(text: str) -> bool:
    return text.startswith("{") and text.find("}") == len(text) - 1


def _label(node: ast.expr) -> str:
    """Return a word for what an expression fills in."""
    match node:
        case ast.Attribute(value=inner, attr="value" | "name" | "pattern"):
            return _label(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.strip("_").lower()
        case ast.Call(args=[inner]) | ast.Subscript(value=inner):
            return _label(inner)
    return "…"


@dataclass(frozen=True, order=True)
class Sentence:
    """A text that a call is given.

    Attributes:
        text: With ``{name}`` for what is filled in.
        code: The error code beside it, where it is written there.
        call: What is called.
        folder: Of ``shared``, in which it is written.
    """

    text: str
    code: str
    call: str
    folder: str


@cache
def source(path: Path) -> Module:
    """Read a module, once."""
    return Module(path)


@cache
def sentences() -> list[Sentence]:
    """Return what calls say that have an error code, or are of a class or function that speaks to users."""
    return sorted(
        {
            Sentence(text, code, name, path.relative_to(ROOT / "shared").parts[0])
            for path in (ROOT / "shared").rglob("*.py")
            for name, call, scope in source(path).calls
            if (code := _code(call)) or name in SPEAKERS or name in ERRORS
            for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
            for text in source(path).texts(argument, scope)
            if " " in text.strip()
        }
    )


def requirements(*paths: str) -> list[str]:
    """Return the texts of some modules that say what something must be."""
    found = {
        text
        for path in paths
        for node in ast.walk(source(ROOT / path).tree)
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for text in source(ROOT / path).texts(node, source(ROOT / path).tree)
        if text.startswith("must ") and not text.endswith(" ")
    }
    return sorted(found)


def results(path: str, function: str) -> list[str]:
    """Return the texts that a function may return."""
    module = source(ROOT / path)
    return sorted(
        {text for text in module.texts(ast.parse(f"{function}()", mode="eval").body, module.tree) if " " in text}
    )


def _code(call: ast.Call) -> str:
    for argument in call.args:
        match argument:
            case ast.Constant(value=str(code)) if code.replace("_", "").isalpha() and code.islower():
                return code
            case ast.Attribute(value=ast.Name(id="ErrorCode"), attr=code):
                return code.lower()
    return ""
