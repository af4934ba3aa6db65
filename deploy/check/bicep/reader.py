"""Read a Bicep file by the grammar of tree-sitter-bicep.

Source:
    github.com/tree-sitter-grammars/tree-sitter-bicep, 1.1.0. It binds ``.`` less tightly than operators: ``a == b.c``
    is read as ``(a == b).c``, which ``_onto_last`` puts right.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from deploy.check.bicep.tree import (
    Array,
    Call,
    Condition,
    Entry,
    Expression,
    File,
    Index,
    Literal,
    Loop,
    Member,
    Module,
    Name,
    Object,
    Operation,
    Parameter,
    Place,
    Resource,
    Text,
)

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_COMMENTS = frozenset({"comment", "diagnostic_comment"})
_MULTILINE = "'''"


class SyntaxProblem(Exception):
    """A file can't be read here."""

    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(sentence)
        self.place, self.sentence = place, sentence


def read(root: Path, path: str) -> File:
    """Read a file.

    Args:
        root: Root of the repository.
        path: From there.

    Raises:
        SyntaxProblem: It is not there, is not Bicep, or uses what is not known here.
    """
    try:
        source = (root / path).read_bytes()
    except OSError:
        raise SyntaxProblem(Place(path, 1), "The file can't be read.") from None
    return _parse(path, source)


@cache
def _parse(path: str, source: bytes) -> File:
    """Parse a file once, however many choices of parameters it is worked out for."""
    return _Reader(path, source).file()


class _Reader:
    def __init__(self, path: str, source: bytes) -> None:
        self._file, self._source = File(path), source

    def file(self) -> File:
        """Read all declarations."""
        top = _PARSER.parse(self._source).root_node
        if top.has_error:
            raise SyntaxProblem(self._place(_first_error(top)), "The syntax is wrong here.")
        choices: Expression | None = None
        for node in _inside(top):
            if node.type == "decorators":
                choices = self._choices(node)
            else:
                self._declare(node, choices)
                choices = None
        return self._file

    def _declare(self, node: Node, choices: Expression | None) -> None:
        if node.type == "target_scope_assignment":
            return
        place, children = self._place(node), _inside(node)
        name = _text(children[0])
        match node.type:
            case "parameter_declaration":
                default = self._expression(children[2]) if len(children) > 2 else None  # noqa: PLR2004 - name, type, default
                self._file.parameters[name] = Parameter(name, _text(children[1]), default, choices, place)
            case "variable_declaration":
                self._file.variables[name] = self._expression(children[1])
            case "output_declaration":
                self._file.outputs[name] = self._expression(children[-1])
            case "resource_declaration":
                self._file.resources[name] = self._resource(node)
            case "module_declaration":
                path = self._plain(children[1])
                self._file.modules[name] = Module(name, path, self._expression(children[2]), place)
            case _:
                raise self._unknown(node)

    def _resource(self, node: Node) -> Resource:
        symbol, kind, body = _inside(node)
        name, _, version = self._plain(kind).partition("@")
        existing = any(child.type == "existing" for child in node.children)
        return Resource(_text(symbol), name, version, existing, self._expression(body), self._place(node))

    def _choices(self, node: Node) -> Expression | None:
        calls = [self._expression(_inside(decorator)[0]) for decorator in _inside(node)]
        return next(
            (call.arguments[0] for call in calls if isinstance(call, Call) and call.function == "allowed"), None
        )

    def _expression(self, node: Node) -> Expression:  # noqa: C901, PLR0911, PLR0912 - one case a kind of node
        place, children = self._place(node), _inside(node)
        match node.type:
            case "identifier" | "property_identifier" | "keyword_identifier":
                return Name(place, _text(node))
            case "number":
                return Literal(place, int(_text(node)))
            case "boolean":
                return Literal(place, _text(node) == "true")
            case "null":
                return Literal(place, None)
            case "string":
                return self._string(node)
            case "array":
                return Array(place, tuple(map(self._expression, children)))
            case "object":
                return self._object(node)
            case "parenthesized_expression":
                inner = self._expression(children[0])
                return replace(inner, in_brackets=True) if isinstance(inner, Operation) else inner
            case "member_expression" | "resource_expression":
                return _onto_last(self._expression(children[0]), _text(children[1]), place)
            case "subscript_expression":
                return Index(place, self._expression(children[0]), self._expression(children[1]))
            case "call_expression":
                return self._call(node)
            case "unary_expression" | "binary_expression" | "ternary_expression":
                return Operation(place, self._operator(node), tuple(map(self._expression, children)))
            case "for_statement":
                return self._loop(node)
            case "if_statement":
                return Condition(place, self._expression(children[0]), self._expression(children[1]))
            case _:
                raise self._unknown(node)

    def _object(self, node: Node) -> Object:
        entries, children = list[Entry](), list[Resource]()
        for each in _inside(node):
            inside = _inside(each)
            if each.type != "object_property":
                raise self._unknown(each)
            if inside[0].type == "resource_declaration":
                children.append(self._resource(inside[0]))
            else:
                key = self._expression(inside[0])
                key = Text(key.place, (key.name,)) if isinstance(key, Name) else key
                entries.append(Entry(key, self._expression(inside[1])))
        return Object(self._place(node), tuple(entries), tuple(children))

    def _call(self, node: Node) -> Call:
        function, arguments = _inside(node)
        call = Call(self._place(node), _text(function), tuple(map(self._expression, _inside(arguments))))
        self._file.calls.append(call)
        return call

    def _loop(self, node: Node) -> Loop:
        item, over, body = _inside(node)
        index = None
        if item.type == "for_loop_parameters":
            item, enumerator = _inside(item)
            index = _text(enumerator)
        return Loop(self._place(node), _text(item), index, self._expression(over), self._expression(body))

    def _string(self, node: Node) -> Text:
        """Take the text between interpolations as it stands: the grammar drops white space at its ends."""
        quote = _MULTILINE if _text(node).startswith(_MULTILINE) else "'"
        parts, at = list[str | Expression](), node.start_byte + len(quote)
        for child in _inside(node):
            if child.type == "interpolation":
                start = child.start_byte + _text(child).index("${")  # it begins with the white space before it
                parts += [self._between(at, start), self._expression(_inside(child)[0])]
                at = child.end_byte
        parts.append(self._between(at, node.end_byte - len(quote)))
        if quote == _MULTILINE:
            return Text(self._place(node), (self._source[at : node.end_byte - 3].decode().removeprefix("\n"),))
        return Text(self._place(node), tuple(part for part in parts if part != ""))

    def _between(self, start: int, end: int) -> str:
        return _ESCAPE.sub(_unescape, self._source[start:end].decode())

    def _plain(self, node: Node) -> str:
        parts = self._string(node).parts
        if len(parts) != 1 or not isinstance(parts[0], str):
            raise self._unknown(node)
        return parts[0]

    def _operator(self, node: Node) -> str:
        operator = node.child_by_field_name("operator")
        return "?" if operator is None else _text(operator)

    def _place(self, node: Node) -> Place:
        return Place(self._file.path, node.start_point[0] + 1)

    def _unknown(self, node: Node) -> SyntaxProblem:
        return SyntaxProblem(self._place(node), f"The check does not know what to make of '{node.type}'.")


def _onto_last(of: Expression, name: str, place: Place) -> Expression:
    """Bind a member to the last operand of an operation, unless that stands in brackets."""
    if isinstance(of, Operation) and not of.in_brackets:
        *first, last = of.operands
        return replace(of, operands=(*first, _onto_last(last, name, place)))
    return Member(place, of, name)


def _first_error(node: Node) -> Node:
    """Find the innermost node that is wrong."""
    for child in node.children:
        if child.has_error or child.is_missing:
            return _first_error(child)
    return node


def _inside(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type not in _COMMENTS]


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _unescape(found: re.Match[str]) -> str:
    escape = found[1]
    return chr(int(escape[2:-1], 16)) if escape.startswith("u{") else _ESCAPES.get(escape, escape)
