"""The page's files, read once a process. A request chooses one by its name; no request names a path of the disk."""

import functools
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent
#: What a page is made of; nothing else of the folder is served.
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HTML = "text/html; charset=utf-8"
#: Stands in the shell where its addresses name the version.
_VERSION = b"{version}"
_VERSION_DIGITS = 16
#: Scripts and styles from this service alone, none of them inline. Text never becomes markup or code either: where a
#: browser knows trusted types, ``innerHTML`` and its like refuse it.
#: Source: W3C, "Content Security Policy Level 3", section 2.3.1; "Trusted Types", section 4.5.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass(frozen=True)
class Asset:
    """A file of the page.

    Attributes:
        content: Its bytes.
        gzip_content: The same by gzip.
        media_type: What browsers take it for.
        etag: Of these bytes, quoted.
        gzip_etag: Of the packed ones: what differs by a byte must not share a strong tag (RFC 9110 section 8.8.3.3).
    """

    content: bytes
    gzip_content: bytes
    media_type: str
    etag: str
    gzip_etag: str


@dataclass(frozen=True)
class Assets:
    """The page.

    Attributes:
        version: Names all files together, so that a browser may keep each of them for good.
        shell: The HTML, which refers to the files of its version.
        files: By their names below the version.
    """

    version: str
    shell: Asset
    files: Mapping[str, Asset]


@functools.cache
def assets(folder: Path = FOLDER) -> Assets:
    """Read the page, once a process. Costs: a folder, and a hash for each file."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in _MEDIA_TYPES)
    files = {
        path.relative_to(folder).as_posix(): _asset(path.read_bytes(), _MEDIA_TYPES[path.suffix]) for path in paths
    }
    shell = (folder / "index.html").read_bytes()
    etags = "".join(f"{name} {asset.etag}\n" for name, asset in files.items())
    version = hashlib.sha256(etags.encode() + shell).hexdigest()[:_VERSION_DIGITS]
    html = _asset(shell.replace(_VERSION, version.encode()), _HTML)
    return Assets(version, html, MappingProxyType(files))


def _asset(content: bytes, media_type: str) -> Asset:
    name = hashlib.sha256(content).hexdigest()[:32]
    return Asset(content, gzip.compress(content, mtime=0), media_type, f'"{name}"', f'"{name}-gzip"')
