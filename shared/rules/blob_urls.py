"""Which image a URL names: of HTTP, and of the schemes that analytics tools write."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from shared.errors import InvalidReference, MessageRejected
from shared.rules.images import ImageRef

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HTTP = frozenset({"http", "https"})
#: Of the ABFS and WASB drivers and of fsspec: ``abfss://container@account.dfs.core.windows.net/path``.
_DRIVERS = frozenset({"abfs", "abfss", "az", "wasb", "wasbs"})
_SCHEMES = "The URL's scheme must be https, http, abfs, abfss, az, wasb or wasbs."
#: The service's own endpoints, in every cloud: the account stands in the host's name and never in the path.
_SERVICE = re.compile(r"\.(?:blob|dfs)\.(?:core\.[a-z0-9.-]+|storage\.azure\.net)$")
#: Where emulators listen by default.
_EMULATED_PORTS = range(10_000, 10_003)
_ONE_VERSION = re.compile(r"[?&](?:snapshot|versionid)=", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether a text begins with a scheme, whichever."""
    return _SCHEME.match(text) is not None


def names_one_version(name: str) -> bool:
    """Whether the query at the end of a name or URL picks a snapshot or a version."""
    return _ONE_VERSION.search(name) is not None


def absent(name: str) -> MessageRejected:
    """Return why nothing was found under a name: a query at its end may pick a snapshot or an older version."""
    if names_one_version(name):
        return MessageRejected(
            "blob_version",
            "The message names a snapshot or version of a blob. Only the current version can be analysed.",
        )
    return MessageRejected("blob_not_found", "The message names a blob that does not exist.")


def references(url: str, images_container: str) -> list[ImageRef]:
    """Return the images of a container that a URL may name, the most likely first.

    An account stands in the host's name or in front of the path. A host of the service has it in its name; an address,
    a name without a dot and the emulators' port have it in the path. Of any other host both are tried.

    Raises:
        MessageRejected: ``malformed_url``, ``unsupported_scheme``, ``blob_version``, ``invalid_reference``,
            ``other_container``.
    """
    scheme = url.partition("://")[0].lower()
    try:
        parts = urlsplit(url)
        if scheme in _HTTP:
            paths = _of_http(parts, unquote(parts.path, errors="strict").lstrip("/"))
        elif scheme in _DRIVERS:
            paths = _of_driver(parts, url)
        else:
            raise MessageRejected("unsupported_scheme", _SCHEMES)
    except ValueError:
        raise MessageRejected("malformed_url", "The URL is malformed or not valid UTF-8.") from None
    if scheme in _HTTP and names_one_version(f"?{parts.query}"):
        raise absent(f"?{parts.query}")
    return within(paths, images_container)


def within(paths: Iterable[str], images_container: str) -> list[ImageRef]:
    """Return those of some paths, ``container/name``, that may be images of a container, in their order.

    Raises:
        MessageRejected: No path is one of these: ``invalid_reference`` for the first that is of the container or is
            not valid, ``other_container``.
    """
    paths = list(dict.fromkeys(paths))
    own = [path for path in paths if path.startswith(f"{images_container}/")]
    found, refused = [], None
    for path in own or paths[:1]:
        try:
            found.append(ImageRef.of(path))
        except InvalidReference as error:
            refused = refused or MessageRejected("invalid_reference", str(error))
    if refused is not None and not found:
        raise refused
    if not own:
        raise MessageRejected("other_container", f"Only images of the container {images_container!r} are analysed.")
    return found


def _of_http(parts: SplitResult, path: str) -> list[str]:
    behind_account = path.partition("/")[2]
    host, port = parts.hostname or "", parts.port
    if _SERVICE.search(host):
        return [path]
    if "." not in host or _is_address(host) or port in _EMULATED_PORTS:
        return [behind_account, path]
    return [path, behind_account]


def _of_driver(parts: SplitResult, url: str) -> list[str]:
    """Take the container from before the ``@``, or from the host's place; a name may be encoded, or have a query."""
    container = parts.netloc.partition("@")[0]
    written = (url.partition("://")[2].partition("/")[2], parts.path.removeprefix("/"))
    return [f"{container}/{name}" for path in written for name in (path, unquote(path, errors="strict"))]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
