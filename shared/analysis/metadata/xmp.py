"""Read XMP packets by expat: names and values anywhere in the tree.

A document type declaration is refused, and with it every entity: a few kilobytes could expand to gigabytes. Prefixes
are not resolved, because vendors forget to declare them.

Source:
    XMP Specification Part 1 (2012), 7: serialization in RDF/XML; Part 3 (2020), 1.1.3: extended XMP.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

#: Of a packet that is parsed; real ones have some kilobytes, those with a depth map megabytes.
MAX_PACKET_BYTES = 1 << 20
_MAX_PROPERTIES = 10_000
#: Of elements within each other; real packets have a dozen.
_MAX_DEPTH = 1_000
_MAX_VALUE_CHARACTERS = 1024

#: Elements of RDF that name no property.
_RDF = frozenset({"li", "Seq", "Bag", "Alt", "Description", "value"})
#: Not allowed in XML, but written by programs.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Property(NamedTuple):
    """A name without its prefix, that prefix, and the value."""

    name: str
    prefix: str
    value: str


@dataclass
class _Tree:
    """The state of a parser; its methods are the handlers of expat."""

    properties: list[Property] = field(default_factory=list)
    #: The property of each open element, or of the one around it, and its text so far.
    open: list[tuple[str, list[str]]] = field(default_factory=list)
    closed: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= _MAX_DEPTH:
            raise _TooLong
        for key, value in attributes.items():
            self.add(key, value)
        within = self.open[-1][0] if self.open else name
        self.open.append((within if name.rpartition(":")[2] in _RDF else name, []))

    def text(self, text: str) -> None:
        if self.open:
            self.open[-1][1].append(text[:_MAX_VALUE_CHARACTERS])

    def end(self, _: str = "") -> None:
        name, parts = self.open.pop()
        value = "".join(parts).strip()
        if value:
            self.add(name, value)
        self.closed = not self.open

    def add(self, name: str, value: str) -> None:
        if len(self.properties) >= _MAX_PROPERTIES:
            raise _TooLong
        prefix, _, local = name.rpartition(":")
        self.properties.append(Property(local, prefix, value[:_MAX_VALUE_CHARACTERS]))

    def refuse(self, *_: object) -> None:
        raise _HasDoctype


class _HasDoctype(Exception):
    """The packet has a document type declaration."""


class _TooLong(Exception):
    """The packet is deeper or longer than is read."""


def properties(packet: bytes) -> tuple[list[Property], bool]:
    """Read the properties of a packet.

    Args:
        packet: Any bytes, in UTF-8 or UTF-16; invalid ones are replaced.

    Returns:
        The properties up to a break, at most 10,000; and whether the packet is complete and well-formed.
    """
    if len(packet) > MAX_PACKET_BYTES:
        return [], False
    tree, parser = _Tree(), expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler, parser.buffer_text = tree.text, True
    parser.StartDoctypeDeclHandler = tree.refuse
    try:
        parser.Parse(_decode(packet).encode(), True)
    except expat.ExpatError:
        closed = tree.closed  # after the last end tag there is padding
        while tree.open and len(tree.properties) < _MAX_PROPERTIES:
            tree.end()
        return tree.properties, closed
    except _TooLong:
        return tree.properties, False
    except _HasDoctype:
        return [], False
    return tree.properties, True


def _decode(packet: bytes) -> str:
    wide = packet[:4].find(b"\0")
    code = "utf-8"
    if packet.startswith((b"\xff\xfe", b"\xfe\xff")) or (wide in (0, 1) and b"<" in packet[:4]):
        little = packet.startswith(b"\xff\xfe") or (wide == 1)
        code = "utf-16-le" if little else "utf-16-be"
    text = _UNFIT.sub("", packet.decode(code, "replace"))
    return text[max(text.find("<"), 0) :]
