"""Which file becomes which blob; pure."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from shared.rules.image_files import is_image


def images_in(folder: Path) -> list[Path]:
    """List the images directly in a folder, by name."""
    return sorted(path for path in folder.iterdir() if is_image(path.name) and path.is_file())


def blob_names(paths: Sequence[PurePath]) -> dict[PurePath, str]:
    """Name a blob after each file: its base name, with as many parent folders as tell it from the others.

    Args:
        paths: Absolute. One that comes twice is one blob.

    Returns:
        Names by path, in the order given. They differ in more than case and Unicode form, since reports are written
        under them to file systems that see no difference there.
    """
    depth = dict.fromkeys(paths, 1)
    while True:
        names = {path: _name(path, depth[path]) for path in depth}
        count = Counter(_fold(name) for name in names.values())
        clashing = [path for path in depth if count[_fold(names[path])] > 1 and depth[path] < len(_parts(path))]
        if not clashing:
            return _number(names)
        for path in clashing:
            depth[path] += 1


def _parts(path: PurePath) -> tuple[str, ...]:
    return tuple(part for part in path.parts if part != path.anchor)


def _name(path: PurePath, depth: int) -> str:
    name = "/".join(_parts(path)[-depth:])
    # A file name may hold bytes that are no UTF-8; a blob name can't.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _number(names: dict[PurePath, str]) -> dict[PurePath, str]:
    """Number paths that differ in case or Unicode form alone: some file systems take them for one."""
    seen: Counter[str] = Counter()
    result = {}
    for path, name in names.items():
        seen[_fold(name)] += 1
        number = seen[_fold(name)]
        result[path] = name if number == 1 else f"{number}/{name}"
    return result


def unique(paths: Iterable[Path]) -> list[Path]:
    """Return the paths as absolute ones, each once, in order; a link keeps its own name."""
    return list(dict.fromkeys(path.parent.resolve() / path.name for path in paths))
