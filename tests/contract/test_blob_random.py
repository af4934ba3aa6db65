"""Blobs in process and in Azurite, under random conversations."""

import uuid

from azure.storage.blob import BlobServiceClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contract.exchanges import Ask
from tests.contract.test_blob_service import BLOCK, CREATE, ID, LIST, OTHER, both_sides
from tests.proving import at_length

LONG_AGO, LONG_HENCE = (f"Thu, 01 Jan {year} 00:00:00 GMT" for year in (2009, 2099))

names = st.sampled_from(["a", "b/1", "b/2"])
etags = st.sampled_from(['"{}"', '"{2}"', '"0x1"', "*"])
dates = st.sampled_from([LONG_AGO, LONG_HENCE])  # the second of a write may not be the same on both sides
conditions = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"If-Match": etags}),
    st.fixed_dictionaries({"If-None-Match": etags}),
    st.fixed_dictionaries({"If-Modified-Since": dates}),
    st.fixed_dictionaries({"If-Unmodified-Since": dates}),
    st.fixed_dictionaries({"If-None-Match": etags, "If-Modified-Since": dates}),
    st.fixed_dictionaries({"If-Match": etags, "If-Unmodified-Since": dates}),
)
ids = st.sampled_from([ID, OTHER, "{}"])
lease_ids: st.SearchStrategy[dict[str, str]] = st.one_of(st.just({}), st.fixed_dictionaries({"x-ms-lease-id": ids}))
ranges = st.sampled_from(["bytes=0-0", "bytes=1-2", "bytes=2-", "bytes=9-9", "bytes=3-99"])
lists = st.sampled_from(["<Latest>AAAA</Latest>", "<Committed>BBBB</Committed>", "<Uncommitted>BBBB</Uncommitted>"])


def _lease(action: str, **more: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    headers = {f"x-ms-{name.replace('_', '-')}": value for name, value in more.items()}
    return st.fixed_dictionaries({"x-ms-lease-action": st.just(action), **headers})


leases = st.one_of(
    _lease("acquire", lease_duration=st.sampled_from(["60", "-1"]), proposed_lease_id=st.sampled_from([ID, OTHER])),
    _lease("acquire", lease_duration=st.sampled_from(["60", "14"])),
    _lease("renew", lease_id=ids),
    _lease("release", lease_id=ids),
    _lease("change", lease_id=ids, proposed_lease_id=st.sampled_from([ID, OTHER])),
    _lease("break"),
    _lease("break", lease_break_period=st.sampled_from(["0", "30"])),
)
bodies = st.sampled_from([b"miau", b"woof!", b"12345678"])


def _with(*headers: st.SearchStrategy[dict[str, str]]) -> st.SearchStrategy[dict[str, str]]:
    return st.tuples(*headers).map(lambda parts: {name: text for part in parts for name, text in part.items()})


tiers = st.sampled_from(["Hot", "Cool", "Archive"]).map(lambda tier: {"x-ms-access-tier": tier})
marks = st.sampled_from([{}, {"x-ms-meta-Shot": "7"}, {"x-ms-blob-content-type": "image/png"}])
writes = _with(conditions, lease_ids, marks)
requests = st.one_of(
    st.builds(lambda name, more, body: Ask("PUT", f"/{{c}}/{name}", BLOCK | more, body), names, writes, bodies),
    st.builds(lambda name, more: Ask("HEAD", f"/{{c}}/{name}", more), names, _with(conditions, lease_ids)),
    st.builds(lambda name, more: Ask("GET", f"/{{c}}/{name}", more), names, _with(conditions, lease_ids)),
    st.builds(lambda name, part: Ask("GET", f"/{{c}}/{name}", {"x-ms-range": part}), names, ranges),
    st.builds(lambda name, more: Ask("DELETE", f"/{{c}}/{name}", more), names, _with(conditions, lease_ids)),
    st.builds(lambda name, more: Ask("PUT", f"/{{c}}/{name}?comp=metadata", more), names, writes),
    st.builds(lambda name, more: Ask("PUT", f"/{{c}}/{name}?comp=properties", more), names, writes),
    st.builds(lambda name, more: Ask("PUT", f"/{{c}}/{name}?comp=tier", more), names, _with(tiers, lease_ids)),
    st.builds(lambda name, more: Ask("PUT", f"/{{c}}/{name}?comp=lease", more), names, _with(leases, conditions)),
    st.builds(
        lambda name, block, more, body: Ask("PUT", f"/{{c}}/{name}?comp=block&blockid={block}", more, body),
        *(names, st.sampled_from(["AAAA", "BBBB"]), lease_ids, bodies),
    ),
    st.builds(
        lambda name, more, blocks: Ask(
            "PUT", f"/{{c}}/{name}?comp=blocklist", more, f"<BlockList>{blocks}</BlockList>".encode()
        ),
        *(names, writes, lists),
    ),
    st.builds(
        lambda query: Ask("GET", f"/{{c}}?restype=container&comp=list{query}"),
        st.sampled_from(["&maxresults=1", "&delimiter=/", "&prefix=b", "&include=metadata,uncommittedblobs"]),
    ),
)


#: Nothing is shortened: each try asks Azurite too, and the first request that differs says enough. Every day the same
#: conversations are held; ``prove`` draws others.
examples = settings(
    derandomize=at_length(1, 0) == 1,
    max_examples=at_length(12, 400),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@examples
@given(conversation=st.lists(requests, min_size=8, max_size=25))
def test_a_random_conversation_has_the_same_answers(azure_blobs: BlobServiceClient, conversation: list[Ask]) -> None:
    double, azurite = both_sides(azure_blobs, f"c{uuid.uuid4().hex[:12]}")
    operations = [CREATE, *conversation, LIST]
    for ask, ours, theirs in zip(operations, double.answers(operations), azurite.answers(operations), strict=True):
        assert ours == theirs, ask
