"""Kubernetes manifests as their files have them: each value, and the line that it stands in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.check.finding import Finding

#: Keys of mappings and places in lists, from a document's top on.
Key = str | int


@dataclass(frozen=True)
class Manifest:
    """One document of a file.

    Attributes:
        file: Path from the root of the repository.
        value: What it says.
        node: The same, with lines.
    """

    file: str
    value: dict[str, Any]
    node: yaml.Node

    @property
    def kind(self) -> str:
        """The kind of resource."""
        return str(self.value.get("kind"))

    @property
    def name(self) -> str:
        """The name of the resource."""
        return str(self.get("metadata", "name"))

    def get(self, *path: Key) -> Any:  # noqa: ANN401 - YAML
        """Return the value at a path; None where there is none."""
        value: Any = self.value
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def line(self, *path: Key) -> int:
        """Return the line of a path, or of as much of it as there is."""
        node, line = self.node, self.node.start_mark.line
        for key in path:
            if isinstance(node, yaml.MappingNode):
                entries = {k.value: (k, v) for k, v in node.value}
            else:
                entries = dict(enumerate((each, each) for each in node.value)) if isinstance(node.value, list) else {}
            if key not in entries:
                break
            line, node = entries[key][0].start_mark.line, entries[key][1]
        return int(line) + 1

    def finding(self, sentence: str, *path: Key) -> Finding:
        """Say what is wrong at a path."""
        return Finding(self.file, self.line(*path), sentence)

    def must_be(self, wanted: object, *path: Key) -> Iterator[Finding]:
        """Yield a finding where the value at a path is another one."""
        found = self.get(*path)
        if found != wanted or type(found) is not type(wanted):
            yield self.finding(f"{path[-1]} must be {wanted!r}, but is {found!r}.", *path)


def read(root: Path, file: Path) -> Iterator[Manifest]:
    """Yield the documents of a file.

    Raises:
        yaml.YAMLError: It is not YAML.
    """
    loader = yaml.SafeLoader(file.read_text(encoding="utf-8"))
    while loader.check_node():
        node = loader.get_node()
        yield Manifest(file.relative_to(root).as_posix(), loader.construct_document(node), node)
