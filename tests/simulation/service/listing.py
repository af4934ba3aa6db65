"""Lists of containers and blobs, page by page."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.blob_state import Blob, in_order
from tests.simulation.service.containers import Containers
from tests.simulation.service.exchange import Refusal, Reply, Request, Unreadable, http_date
from tests.simulation.service.queue_xml import legible

_LONGEST = 5_000
_STANDARD = (
    *("Content-Type", "Content-Encoding", "Content-Language", "Content-MD5"),
    *("Content-Disposition", "Cache-Control"),
)
_UNLOCKED = "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
_NO_POLICY = "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"


@dataclass(frozen=True)
class Listing:
    """List Containers, List Blobs.

    Args:
        store: The containers.
        behaviour: Where Azurite and real Azure differ.
    """

    store: Containers
    behaviour: Behaviour

    def containers(self, request: Request) -> Reply:
        """Serve List Containers."""
        by_name = self.store.by_name

        def line(name: str) -> str:
            stamp = by_name[name].stamp
            modified = f"<Last-Modified>{http_date(stamp.moment)}</Last-Modified>"
            properties = f'{modified}<Etag>"{stamp.etag}"</Etag>{_UNLOCKED}{_NO_POLICY}'
            return f"<Container>{self._name(name)}<Properties>{properties}</Properties></Container>"

        return self._page(request, "", "Containers", by_name, line)

    def blobs(self, request: Request) -> Reply:
        """Serve List Blobs."""
        container = self.store.find(request)
        include = request.query.get("include", "").split(",")
        blobs = {
            name: blob
            for name, blob in container.blobs.items()
            if blob.body is not None or "uncommittedblobs" in include
        }

        def line(name: str) -> str:
            blob = blobs[name]
            self.store.go(blob)
            metadata = _metadata(blob.metadata) if "metadata" in include and blob.metadata else ""
            return f"<Blob>{self._name(name)}<Properties>{_properties(blob)}</Properties>{metadata}</Blob>"

        return self._page(request, f' ContainerName="{request.segments[0]}"', "Blobs", blobs, line)

    def _page(
        self, request: Request, attribute: str, kind: str, names: Iterable[str], line: Callable[[str], str]
    ) -> Reply:
        query = request.query
        prefix, marker, delimiter = (query.get(key, "") for key in ("prefix", "marker", "delimiter"))
        most = min(_number(query.get("maxresults")), _LONGEST)
        behind, empty = self._behind(marker)
        entries = _entries(sorted(names, key=in_order), prefix, delimiter, behind)
        page = [] if empty else [entry for _, entry in zip(range(most), entries, strict=False)]
        more = empty or next(entries, None) is not None
        lines = "".join(f"<BlobPrefix>{self._name(entry.name)}</BlobPrefix>" for entry in page if entry.folder)
        lines += "".join(line(entry.name) for entry in page if not entry.folder)
        next_marker = self._marker(page[-1].last if page else behind, empty=empty) if more else ""
        echo = f"<Prefix>{escape(prefix)}</Prefix>"
        echo += f"<Marker>{escape(marker)}</Marker>" if marker or attribute else ""
        echo += f"<MaxResults>{most}</MaxResults>"
        echo += f"<Delimiter>{escape(delimiter)}</Delimiter>" if delimiter else ""
        body = f"{echo}<{kind}>{lines}</{kind}><NextMarker>{escape(next_marker)}</NextMarker>"
        text = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults{attribute}>{body}</EnumerationResults>'
        return Reply(200, {"Content-Type": "application/xml"}, text.encode())

    def _name(self, name: str) -> str:
        """Write a name: as it is, or in percent codes where XML can't say it."""
        if legible(name):
            return f"<Name>{escape(name)}</Name>"
        if not self.behaviour.encodes_names:
            headers = {"Content-Type": "application/xml"}
            raise Refusal(500, "", "Azurite can't write a list with such a name.", headers=headers)
        return f'<Name Encoded="true">{quote(name)}</Name>'

    def _behind(self, marker: str) -> tuple[str, bool]:
        """Return the name that a page begins behind, and whether the page is to be empty."""
        if not self.behaviour.empty_pages:
            return marker, False
        if not marker:
            return "", True
        return base64.urlsafe_b64decode(marker[1:]).decode("utf-8", "surrogatepass"), marker[0] == "e"

    def _marker(self, behind: str, *, empty: bool) -> str:
        """Return what names the page behind a name; behind an empty page comes one that is not."""
        if not self.behaviour.empty_pages:
            return behind
        return ("p" if empty else "e") + base64.urlsafe_b64encode(behind.encode("utf-8", "surrogatepass")).decode()


@dataclass(frozen=True)
class _Entry:
    """A line of a list.

    Attributes:
        name: Of the blob, or of what many blobs' names begin with.
        last: The last blob that it stands for.
        folder: Whether it stands for many.
    """

    name: str
    last: str
    folder: bool = False


def _entries(names: Iterable[str], prefix: str, delimiter: str, behind: str) -> Iterator[_Entry]:
    """Yield what is listed: blobs, and each beginning up to a delimiter once, in the place of its first blob."""
    folder: _Entry | None = None
    for name in names:
        if not name.startswith(prefix) or (behind and in_order(name) <= in_order(behind)):
            continue
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        if folder is not None and (end < 0 or name[: end + len(delimiter)] != folder.name):
            yield folder
            folder = None
        if end < 0:
            yield _Entry(name, name)
        else:
            folder = _Entry(name[: end + len(delimiter)], name, folder=True)
    if folder is not None:
        yield folder


def _properties(blob: Blob) -> str:
    lease, properties = blob.lease, blob.properties
    elements: dict[str, str | None] = {
        "Creation-Time": http_date(blob.created),
        "Last-Modified": http_date(blob.stamp.moment),
        "Etag": blob.stamp.etag,
        "Content-Length": str(blob.size),
        **{name: properties.get(name) for name in _STANDARD},
        "BlobType": "BlockBlob",
        "LeaseStatus": "locked" if lease.locks else "unlocked",
        "LeaseState": lease.state,
        "LeaseDuration": lease.kind if lease.state == "leased" else None,
        "AccessTier": blob.tier,
        "AccessTierInferred": "true" if blob.tier and blob.is_tier_inferred else None,
        "AccessTierChangeTime": None if blob.tier_changed_at is None else http_date(blob.tier_changed_at),
        "ArchiveStatus": None if blob.next_tier is None else f"rehydrate-pending-to-{blob.next_tier.lower()}",
    }
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items() if value is not None)


def _metadata(entries: Mapping[str, str]) -> str:
    return (
        "<Metadata>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in entries.items()) + "</Metadata>"
    )


def _number(text: str | None) -> int:
    if text is None:
        return _LONGEST
    if not text.isdecimal():
        raise Unreadable("InvalidQueryParameterValue")
    if int(text) < 1:
        raise Unreadable("OutOfRangeQueryParameterValue")
    return int(text)
