r"""Which names the storage services keep as they are written, and why another is refused.

A name that is folded on its way (``a/../b``, ``a\b``, ``b.``) reaches another thing than the one it names: two names
for one blob, or a blob of another container. So it is refused before it is sent, wherever it comes from. Legal and
therefore taken: empty segments (``/a``, ``a//b``, ``a/``), spaces, ``%``, ``?``, ``#``, code points for private use.
What the service refuses beyond these rules it says itself, and ``shared.storage.sdk_errors`` knows the answer.

Source:
    learn.microsoft.com, "Naming and referencing containers, blobs, and metadata", "Naming queues and metadata",
    "Understanding the table service data model", read 2026-11; Azure/azure-sdk-for-java#36674 (a dot at the end is
    dropped); the answers of Azurite 3.35.
"""

import re
from collections.abc import Callable
from enum import StrEnum

from shared.errors import InvalidReference


class Kind(StrEnum):
    """What a name is of."""

    CONTAINER = "container"
    BLOB = "blob"
    QUEUE = "queue"
    TABLE = "table"


#: Characters of a blob's name, and segments between its slashes.
BLOB_CHARACTERS = 1_024
BLOB_SEGMENTS = 254
CONTAINER_CHARACTERS = 63
#: Of ``container/name``.
REFERENCE_CHARACTERS = CONTAINER_CHARACTERS + 1 + BLOB_CHARACTERS

#: Of containers and queues: each hyphen stands between two others.
LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
TABLE = r"[A-Za-z][A-Za-z0-9]{2,62}"
_LABEL = re.compile(rf"(?=.{{3,63}}\Z){LABEL}")
#: Containers that the service makes itself.
_SPECIAL = frozenset({"$root", "$web", "$logs"})
_TABLE = re.compile(TABLE)
#: C0, DEL and C1 are refused by the service, U+FFFE and U+FFFF by XML: with one such blob no container is listed.
_UNSAYABLE = re.compile("[\0-\x1f\x7f-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def check(kind: Kind, name: str) -> str:
    """Return a name that the service keeps as it is.

    Raises:
        InvalidReference: It can't be stored under this name; the message says why, and never what the name is.
    """
    why = _RULES[kind](name)
    if why is not None:
        raise InvalidReference(f"The {kind.value} name {why}.")
    return name


def _container(name: str) -> str | None:
    return None if name in _SPECIAL else _label(name)


def _label(name: str) -> str | None:
    if _LABEL.fullmatch(name):
        return None
    return "must have 3 to 63 characters of a-z, 0-9 and single hyphens between them"


def _table(name: str) -> str | None:
    return None if _TABLE.fullmatch(name) else "must be a letter, then 2 to 62 letters and digits"


def _blob(name: str) -> str | None:
    return next((why for refuses, why in _BLOB if refuses(name)), None)


#: What a blob can't be called, and why; the first that applies is reported.
_BLOB: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda name: not 1 <= len(name) <= BLOB_CHARACTERS, f"must have 1 to {BLOB_CHARACTERS:,} characters"),
    (_SURROGATE.search, "must be valid Unicode"),
    (_UNSAYABLE.search, "must not contain control characters, U+FFFE or U+FFFF, which the service refuses"),
    (lambda name: "\\" in name, "must not contain a backslash, which the service reads as '/'"),
    (
        lambda name: name.count("/") >= BLOB_SEGMENTS,
        f"must not have more than {BLOB_SEGMENTS} segments between slashes",
    ),
    (
        lambda name: any(segment.endswith(".") for segment in name.split("/")),
        "must not have a segment between slashes that ends with a dot, such as '.' or '..', which the service drops",
    ),
)
_RULES = {Kind.CONTAINER: _container, Kind.BLOB: _blob, Kind.QUEUE: _label, Kind.TABLE: _table}
