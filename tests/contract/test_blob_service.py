"""The blob service in process answers as Azurite does, operation by operation."""

import uuid

import pytest
from azure.storage.blob import BlobServiceClient

from shared.storage.clients import API_VERSION
from tests.contract.exchanges import Ask, Side
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess

BLOCK = {"x-ms-blob-type": "BlockBlob"}
ID, OTHER = (f"11111111-0000-4000-8000-00000000000{number}" for number in (1, 2))


def both_sides(azure: BlobServiceClient, container: str) -> tuple[Side, Side]:
    """Give the double, empty, and Azurite."""
    transport = InProcess(storage_account())
    double = BlobServiceClient.from_connection_string(
        "UseDevelopmentStorage=true", api_version=API_VERSION, transport=transport, retry_total=0
    )
    first, second = (Side(service._pipeline, service.url.rstrip("/"), container) for service in (double, azure))
    return first, second


@pytest.fixture
def sides(azure_blobs: BlobServiceClient) -> tuple[Side, Side]:
    """Give the two, with a container of the test's own."""
    return both_sides(azure_blobs, f"c{uuid.uuid4().hex[:12]}")


def put(name: str, body: bytes = b"miau", **headers: str) -> Ask:
    return Ask("PUT", f"/{{c}}/{name}", BLOCK | {key.replace("_", "-"): value for key, value in headers.items()}, body)


def lease(action: str, **headers: str) -> Ask:
    more = {f"x-ms-{key.replace('_', '-')}": value for key, value in headers.items()}
    return Ask("PUT", "/{c}/a?comp=lease", {"x-ms-lease-action": action} | more)


CREATE = Ask("PUT", "/{c}?restype=container")
HEAD, GET, DELETE = (Ask(method, "/{c}/a") for method in ("HEAD", "GET", "DELETE"))
LIST = Ask("GET", "/{c}?restype=container&comp=list")

CONVERSATIONS = {
    "containers": [
        *(CREATE, CREATE, Ask("GET", "/{c}?restype=container"), Ask("HEAD", "/{c}?restype=container")),
        Ask("PUT", "/{c}?restype=container&comp=metadata", {"x-ms-meta-Shot": "7"}),
        Ask("HEAD", "/{c}?restype=container"),
        Ask("GET", "/?comp=list&prefix={c}"),
        *(put("a"), Ask("DELETE", "/{c}?restype=container"), Ask("DELETE", "/{c}?restype=container")),
        *(HEAD, GET, put("a"), LIST, Ask("GET", "/{c}?restype=container"), CREATE, LIST),
    ],
    "names of containers": [
        Ask("PUT", f"/{name}?restype=container") for name in ("Cats", "ca", "c" * 64, "a--b", "-cats", "cats-")
    ],
    "a blob and its properties": [
        CREATE,
        put("a", x_ms_blob_content_type="image/png", x_ms_blob_content_encoding="odd", x_ms_meta_Shot="7"),
        *(HEAD, GET, Ask("PUT", "/{c}/a?comp=properties", {"x-ms-blob-content-language": "de"}), HEAD),
        *(Ask("PUT", "/{c}/a?comp=metadata", {"x-ms-meta-b": "1", "x-ms-meta-C": "x"}), HEAD, LIST),
        *(Ask("PUT", "/{c}/a?comp=metadata", {"x-ms-meta-a-b": "1"}), put("a", x_ms_meta_="1"), HEAD),
        *(put("a", x_ms_blob_cache_control="no-store", x_ms_blob_content_disposition="inline"), HEAD, DELETE),
        *(DELETE, GET, HEAD, Ask("PUT", "/{c}/a?comp=properties"), Ask("PUT", "/{c}/a?comp=metadata")),
    ],
    "what a blob is made of": [
        *(CREATE, put("a", b""), HEAD, GET, LIST, put("a", content_type="text/plain"), HEAD),
        put("a", content_md5="AAAA"),
        put("a", x_ms_blob_content_md5="gnzLDuqKcGxMNKFokfhOew=="),
        put("a", b"12345", x_ms_blob_content_md5="gnzLDuqKcGxMNKFokfhOew=="),
        *(GET, Ask("PUT", "/{c}/a"), Ask("PUT", "/{c}/a", {"x-ms-blob-type": "Odd"}), Ask("POST", "/{c}/a"), HEAD),
    ],
    "ranges": [
        *(CREATE, put("a", bytes(range(256))), put("b", b"")),
        *(
            Ask("GET", f"/{{c}}/{name}", {"x-ms-range": f"bytes={part}", **more})
            for name in "ab"
            for part in ("0-0", "1-", "250-999", "257-300", "5-4", "0-9")
            for more in ({}, {"x-ms-range-get-content-md5": "true"})
            if name == "a" or part not in ("0-0", "1-")  # Azurite holds up the requests behind an empty part
        ),
        Ask("GET", "/{c}/a", {"x-ms-range": "words"}),
    ],
    "blocks": [
        *(CREATE, Ask("PUT", "/{c}/a?comp=block&blockid=AAAA", body=b"one "), HEAD, GET, LIST),
        Ask("GET", "/{c}?restype=container&comp=list&include=uncommittedblobs"),
        *(Ask("PUT", "/{c}/a?comp=block&blockid=BBBB", body=b"two"), Ask("GET", "/{c}/a?comp=blocklist")),
        Ask("GET", "/{c}/a?comp=blocklist&blocklisttype=all"),
        *(Ask("PUT", f"/{{c}}/a?comp=block&blockid={one}", body=b"x") for one in ("A", "AAAAAAAA", "QUFB" * 22)),
        Ask("PUT", "/{c}/a?comp=blocklist", body=b"<BlockList><Latest>CCCC</Latest></BlockList>"),
        Ask("PUT", "/{c}/a?comp=blocklist", body=b"<Block"),
        Ask("PUT", "/{c}/a?comp=blocklist", {"x-ms-blob-content-type": "image/png", "x-ms-meta-a": "1"},
            b"<BlockList><Latest>BBBB</Latest><Uncommitted>AAAA</Uncommitted></BlockList>"),
        *(HEAD, GET, LIST, Ask("GET", "/{c}/a?comp=blocklist&blocklisttype=all")),
        Ask("PUT", "/{c}/a?comp=block&blockid=AAAA", body=b"1"),
        Ask("PUT", "/{c}/a?comp=blocklist",
            body=b"<BlockList><Committed>AAAA</Committed><Latest>AAAA</Latest><Committed>BBBB</Committed></BlockList>"),
        *(GET, HEAD, Ask("PUT", "/{c}/b?comp=blocklist", {"If-None-Match": "*"}, b"<BlockList/>")),
        *(Ask("PUT", "/{c}/b?comp=blocklist", {"If-None-Match": "*"}, b"<BlockList/>"), Ask("GET", "/{c}/b")),
        *(Ask("GET", "/{c}/none?comp=blocklist"), put("a"), HEAD, Ask("GET", "/{c}/a?comp=blocklist")),
    ],
    "blocks that no list has named": [
        *(CREATE, Ask("PUT", "/{c}/a?comp=block&blockid=AAAA", body=b"one"), DELETE, HEAD),
        Ask("PUT", "/{c}/a?comp=blocklist", body=b"<BlockList><Uncommitted>AAAA</Uncommitted></BlockList>"),
        *(GET, Ask("PUT", "/{c}/a?comp=block&blockid=BBBB", body=b"two"), put("a")),
        Ask("GET", "/{c}/a?comp=blocklist&blocklisttype=all"),
        Ask("PUT", "/{c}/a?comp=blocklist", body=b"<BlockList><Latest>BBBB</Latest></BlockList>"),
        *(GET, Ask("PUT", "/{c}/a?comp=block&blockid=BBBB", body=b"three"), DELETE),
        *(Ask("PUT", "/{c}/a?comp=block&blockid=AAAA", body=b"four"), Ask("GET", "/{c}/a?comp=blocklist")),
        Ask("GET", "/{c}/a?comp=blocklist&blocklisttype=uncommitted"),
    ],
    "conditions of reads": [
        *(CREATE, put("a")),
        *(
            Ask(method, f"/{{c}}/{name}", more)
            for name in ("a", "none")
            for method in ("GET", "HEAD")
            for more in (
                {"If-Match": '"{2}"'}, {"If-Match": '"0x1"'}, {"If-Match": "*"}, {"If-Match": '"0x1","{2}"'},
                {"If-None-Match": '"{2}"'}, {"If-None-Match": '"0x1"'}, {"If-None-Match": "*"},
                {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
                {"If-Modified-Since": "Thu, 01 Jan 2009 00:00:00 GMT"},
                {"If-Unmodified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
                {"If-Unmodified-Since": "Thu, 01 Jan 2009 00:00:00 GMT"},
                {"If-Modified-Since": "{modified}"}, {"If-Unmodified-Since": "{modified}"},
                {"If-None-Match": '"{2}"', "If-Modified-Since": "Thu, 01 Jan 2009 00:00:00 GMT"},
                {"If-None-Match": '"0x1"', "If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
                {"If-Match": '"{2}"', "If-None-Match": '"0x1"'},
            )
        ),
    ],
    "conditions of writes": [
        *(CREATE, put("a"), put("a", If_None_Match="*"), put("b", If_None_Match="*"), put("b", If_Match='"0x1"')),
        *(put("a", If_Match='"{2}"'), put("a", If_Match='"{2}"'), put("a", If_Match="*"), put("none", If_Match="*")),
        *(put("a", If_None_Match='"0x1"'), put("c", If_Match='"0x1"'), put("a", If_Match='"0x1"', If_None_Match="*")),
        put("a", If_Match='"0x1","0x2"'),
        put("a", If_Modified_Since="Thu, 01 Jan 2099 00:00:00 GMT"),
        put("a", If_Modified_Since="Thu, 01 Jan 2009 00:00:00 GMT"),
        *(HEAD, put("a", If_Modified_Since="{modified}"), put("a", If_Unmodified_Since="{modified}")),
        put("a", If_Unmodified_Since="Thu, 01 Jan 2099 00:00:00 GMT"),
        put("a", If_Unmodified_Since="Thu, 01 Jan 2009 00:00:00 GMT"),
        *(
            Ask(method, f"/{{c}}/{name}{operation}", {"If-Match": '"0x1"'})
            for name in ("a", "gone")
            for method, operation in (
                ("PUT", "?comp=metadata"), ("PUT", "?comp=properties"), ("DELETE", "")
            )
        ),
        *(Ask("DELETE", "/{c}/a", {"If-Match": "*"}), HEAD),
    ],
    "lists": [
        CREATE,
        *(put(name) for name in ("b/1", "b/2", "c", "b%2Bx", "a%20b", "%C3%A4", "%F0%9F%98%80", "%EF%BF%BD")),
        put("d%26%3C"),
        *(
            Ask("GET", f"/{{c}}?restype=container&comp=list{query}")
            for query in (
                "", "&prefix=b", "&prefix=b/", "&delimiter=/", "&delimiter=/&prefix=b/", "&maxresults=1",
                "&maxresults=2&delimiter=/", "&maxresults=1&marker=b%2Bx&delimiter=/", "&marker=%F0%9F%98%80",
                "&maxresults=9", "&maxresults=10", "&marker=zzz", "&maxresults=0", "&maxresults=x", "&maxresults=9999",
                "&include=metadata", "&prefix=none",
            )
        ),
        Ask("GET", "/{c}"),
    ],
    "names that XML can't carry": [CREATE, put("a%0Ab"), put("a%09b"), LIST, put("a%01b"), LIST, HEAD],
    "a backslash is a slash": [CREATE, put("a%5Cb"), Ask("HEAD", "/{c}/a/b"), LIST],
    "leases": [
        *(CREATE, lease("acquire", lease_duration="15"), put("a"), lease("acquire", lease_duration="14")),
        *(lease("acquire", lease_duration="61"), lease("odd"), lease("renew"), lease("renew", lease_id=ID)),
        *(lease("change", lease_id=ID, proposed_lease_id=OTHER), lease("release", lease_id=ID), lease("break")),
        *(lease("acquire", lease_duration="15", proposed_lease_id=ID), HEAD, LIST),
        *(lease("acquire", lease_duration="20", proposed_lease_id=ID), lease("acquire", lease_duration="15")),
        *(lease("renew", lease_id=OTHER), lease("renew", lease_id=ID), lease("release", lease_id=OTHER)),
        *(put("a"), DELETE, Ask("PUT", "/{c}/a?comp=metadata")),
        *(Ask("PUT", "/{c}/a?comp=block&blockid=AAAA", body=b"1"), Ask("GET", "/{c}/a", {"x-ms-lease-id": OTHER})),
        *(put("a", x_ms_lease_id=OTHER), put("a", x_ms_lease_id=ID), HEAD),
        *(Ask("GET", "/{c}/a", {"x-ms-lease-id": ID}), lease("change", lease_id=ID, proposed_lease_id=OTHER)),
        *(lease("change", lease_id=ID, proposed_lease_id=OTHER), lease("renew", lease_id=ID)),
        *(lease("release", lease_id=OTHER), Ask("GET", "/{c}/a", {"x-ms-lease-id": ID}), put("a", x_ms_lease_id=ID)),
        *(HEAD, put("a", If_None_Match="*"), lease("acquire", lease_duration="15"), lease("renew", lease_id="{}")),
    ],
    "leases that are broken": [
        *(CREATE, put("a"), lease("acquire", lease_duration="-1", proposed_lease_id=ID), HEAD, lease("break")),
        *(HEAD, lease("break"), lease("renew", lease_id=ID), lease("change", lease_id=ID, proposed_lease_id=OTHER)),
        *(lease("renew", lease_id=OTHER), lease("acquire", lease_duration="60", proposed_lease_id=OTHER), HEAD),
        *(lease("break", lease_break_period="61"), lease("break", lease_break_period="50"), HEAD),
        *(lease("break"), lease("break", lease_break_period="40"), put("a"), put("a", x_ms_lease_id=OTHER)),
        *(lease("acquire", lease_duration="60", proposed_lease_id=OTHER), lease("acquire", lease_duration="60")),
        *(lease("renew", lease_id=OTHER), lease("change", lease_id=OTHER, proposed_lease_id=ID)),
        *(lease("renew", lease_id=ID), lease("change", lease_id=ID, proposed_lease_id=OTHER)),
        *(lease("break", lease_break_period="0"), HEAD, put("a"), HEAD, lease("renew", lease_id=OTHER)),
        *(lease("acquire", lease_duration="-1", proposed_lease_id=ID), lease("break", lease_break_period="30"), HEAD),
        *(lease("release", lease_id=ID), HEAD),
    ],
    "tiers": [
        *(CREATE, Ask("PUT", "/{c}/a?comp=tier", {"x-ms-access-tier": "Cool"}), put("a"), HEAD),
        *(Ask("PUT", "/{c}/a?comp=tier", {"x-ms-access-tier": "Cool"}), HEAD, LIST),
        *(Ask("PUT", "/{c}/a?comp=tier", {"x-ms-access-tier": "Odd"}), put("a", x_ms_access_tier="Odd")),
        *(Ask("PUT", "/{c}/a?comp=tier", {"x-ms-access-tier": "Archive"}), HEAD, GET, LIST, put("a")),
        *(put("a", If_None_Match="*"), Ask("PUT", "/{c}/a?comp=metadata"), Ask("PUT", "/{c}/a?comp=properties")),
        *(Ask("PUT", "/{c}/a?comp=tier", {"x-ms-access-tier": "Hot"}), HEAD, GET, put("a", x_ms_access_tier="cold")),
        *(HEAD, DELETE),
    ],
}  # fmt: skip


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_the_double_answers_as_azurite_does(sides: tuple[Side, Side], conversation: str) -> None:
    double, azurite = (side.answers(CONVERSATIONS[conversation]) for side in sides)
    for ours, theirs in zip(double, azurite, strict=True):
        assert ours == theirs
