import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from localhost.host.blobs import BlobMessage
from shared.errors import MessageRejected
from shared.rules import messages
from shared.rules.ids import job_id
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import ImageRef
from shared.rules.messages import BadItem, Hints, ImageHint, JobHint
from tests.proving import at_length
from tests.unit.acts import refusal

JOB = job_id("image-analysis", "images/cat.png", "0x1")
CAT = ImageRef("images", "a b/cat.png")
ACCOUNT = "https://account.blob.core.windows.net"


def event(kind: str = "eventType", what: str = "BlobCreated", **data: str) -> dict[str, Any]:
    """Return an event of the blob service, of either schema."""
    subject = "/blobServices/default/containers/images/blobs/a b/cat.png"
    head = {"specversion": "1.0"} if kind == "type" else {}
    return {**head, kind: f"Microsoft.Storage.{what}", "subject": subject, "data": {"api": "PutBlob", **data}}


def rename_event(name: str = "images/a%20b/cat.png") -> dict[str, Any]:
    """Return the event of a file that was renamed to a name."""
    host = "https://account.dfs.core.windows.net"
    urls = {"sourceUrl": f"{host}/images/before.png", "destinationUrl": f"{host}/{name}"}
    return event(what="BlobRenamed", api="RenameFile", **urls)


FORMS = {
    "ours": (messages.write(JOB, "00-a-b-01"), JobHint(JOB)),
    "ours, of an image": (messages.write(JOB, None, flow="0123abcd"), JobHint(JOB, "0123abcd")),
    "ours, deferred": (
        messages.write(JOB, None, flow="0123abcd", hop=True),
        JobHint(JOB, "0123abcd", has_hopped=True),
    ),
    "a flow that is none": (json.dumps({"job_id": JOB, "flow": "images/a"}), JobHint(JOB)),
    "a flow of another type": (json.dumps({"job_id": JOB, "flow": [1], "hop": "x"}), JobHint(JOB, has_hopped=True)),
    "job id": (JOB, JobHint(JOB)),
    "job id as JSON": (json.dumps(JOB), JobHint(JOB)),
    "path": ("images/a b/cat.png", CAT),
    "path as JSON": ('"images/a b/cat.png"', CAT),
    "bare name": ("cat.png", ImageRef("images", "cat.png")),
    "container and name": ('{"container":"images","name":"a b/cat.png"}', CAT),
    "URL in an object": (json.dumps({"url": f"{ACCOUNT}/images/a%20b/cat.png"}), CAT),
    "name alone": ('{"name":"a b/cat.png"}', CAT),
    "URL": (f"{ACCOUNT}/images/a%20b/cat.png?sv=1&sig=x#f", CAT),
    "URL of an emulator": ("http://127.0.0.1:10000/account/images/a%20b/cat.png", CAT),
    "URL of an emulator by name": ("http://localhost:10000/account/images/a%20b/cat.png", CAT),
    "URL of an emulator by IPv6": ("http://[::1]:10000/account/images/a%20b/cat.png", CAT),
    "URL of an emulator in a container": ("http://azurite:10000/account/images/a%20b/cat.png", CAT),
    "URL of an emulator through Docker": ("http://host.docker.internal:10000/account/images/a%20b/cat.png", CAT),
    "URL of a domain of one's own": ("https://images.example.com/images/a%20b/cat.png", CAT),
    "URL with the account in its path": ("https://proxy.example.com/account/images/a%20b/cat.png", CAT),
    "URL of a hierarchical namespace": ("https://account.dfs.core.windows.net/images/a%20b/cat.png", CAT),
    "URL in capitals": ("HTTPS://ACCOUNT.BLOB.CORE.WINDOWS.NET/images/a%20b/cat.png", CAT),
    "URL of the ABFS driver": ("abfss://images@account.dfs.core.windows.net/a b/cat.png", CAT),
    "URL of the WASB driver": ("wasbs://images@account.blob.core.windows.net/a b/cat.png", CAT),
    "URL of the ABFS driver without an account": ("abfs://images/a b/cat.png", CAT),
    "the host's of a blob": (BlobMessage("Host.Functions.x", "images", "a b/cat.png", "0x1").dump().decode(), CAT),
    "Event Grid": (json.dumps(event()), CAT),
    "CloudEvents": (json.dumps(event("type")), CAT),
    "Event Grid over SFTP": (json.dumps(event(api="SftpCommit")), CAT),
    "Event Grid of a renamed file": (json.dumps(rename_event()), CAT),
    "Event Grid of a rehydrated blob": (json.dumps(event(what="BlobTierChanged", accessTier="Hot")), CAT),
    "JSON as a JSON string": (json.dumps('{"container":"images","name":"a b/cat.png"}'), CAT),
}


def first(text: str) -> Hints:
    """Return the first reading; nothing when there is none."""
    return next(messages.readings(text, images_container="images"), ())


def base64_of(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


def every(text: str) -> list[Hints]:
    """Return all readings."""
    return list(messages.readings(text, images_container="images"))


@pytest.mark.parametrize(
    ("wrap", "read"),
    [
        pytest.param(str, lambda text: [first(text)], id="as it is"),
        pytest.param("\n {}\r\n".format, lambda text: [first(text)], id="within white space"),
        pytest.param(base64_of, every, id="in base64"),
        pytest.param(lambda text: base64_of(base64_of(text)), every, id="in base64 that an SDK has encoded again"),
    ],
)
def test_every_form_is_read(wrap: Callable[[str], str], read: Callable[[str], list[Hints]]) -> None:
    assert [form for form, (text, hint) in FORMS.items() if (hint,) not in read(wrap(text))] == []


EVENTS = [form for form in FORMS if form.startswith(("Event Grid", "CloudEvents"))]


def test_base64_is_tried_last() -> None:
    texts = [base64_of(text) for form, (text, _) in FORMS.items() if form not in EVENTS]
    assert [first(text) for text in texts] == [(ImageRef("images", text),) for text in texts]


@pytest.mark.parametrize("form", EVENTS)
def test_an_event_in_base64_is_nothing_else(form: str) -> None:
    text, hint = FORMS[form]
    assert every(base64_of(text)) == every(base64_of(base64_of(text)))[1:] == [(hint,)]


def test_a_name_of_another_container_is_a_name_in_ours() -> None:
    assert first("other/cat.png") == (ImageRef("images", "other/cat.png"),)


def test_a_path_of_our_container_is_tried_before_a_name_that_looks_like_one() -> None:
    assert every("images/cat.png") == [(ImageRef("images", "cat.png"),), (ImageRef("images", "images/cat.png"),)]


@pytest.mark.parametrize("kind", ["eventType", "type"])
def test_an_array_of_events_asks_for_all_of_them(kind: str) -> None:
    assert first(json.dumps([event(kind), event(kind)])) == (CAT, CAT)


REJECTED = {
    "": "empty",
    " \n": "empty",
    "{": "malformed_json",
    '["': "malformed_json",
    "[" * 100_000: "too_deep",
    "[]": "empty",
    json.dumps(["a.png"] * 101): "too_many_items",
    json.dumps(json.dumps(["a.png"] * 101)): "too_many_items",
    "{}": "unknown_form",
    '{"name":5}': "unknown_form",
    '{"job_id":"cat"}': "unknown_form",
    '{"name":""}': "invalid_reference",
    json.dumps({"name": "x" * 1025}): "invalid_reference",
    '{"container":"other","name":"cat.png"}': "other_container",
    f"{ACCOUNT}/other/cat.png": "other_container",
    '{"Type":"BlobTrigger","ContainerName":"other","BlobName":"cat.png"}': "other_container",
    '{"Type":"BlobTrigger","ContainerName":"images"}': "malformed_event",
    '{"Type":"BlobTrigger","ContainerName":"images","BlobName":""}': "invalid_reference",
    f"{ACCOUNT}/images": "invalid_reference",
    f"{ACCOUNT}/images/%ff": "malformed_url",
    "http://[": "malformed_url",
    "http://127.0.0.1:port/account/images/cat.png": "malformed_url",
    "s3://images/cat.png": "unsupported_scheme",
    f"{ACCOUNT}/images/cat.png?snapshot=2026-01-02T03:04:05.0000000Z": "blob_version",
    f"{ACCOUNT}/images/cat.png?sv=1&versionId=2026-01-02": "blob_version",
    "x" * 2000: "invalid_reference",
    "images/../cat.png": "invalid_reference",
    '{"eventType":"Microsoft.Storage.BlobCreated"}': "malformed_event",
    json.dumps({**event(), "subject": "/blobServices/default/containers/images"}): "malformed_event",
}


@pytest.mark.parametrize(("text", "code"), REJECTED.items(), ids=[text[:30] for text in REJECTED])
def test_a_message_that_names_nothing_is_rejected_with_its_reason(text: str, code: str) -> None:
    assert refusal(every, text, error=MessageRejected) == code


@pytest.mark.parametrize("body", [b"\xff\xfe", b"cat\0.png", "images/cat.png".encode("utf-16-le")])
def test_what_is_no_text_is_rejected(body: bytes) -> None:
    assert refusal(messages.text_of, body, error=MessageRejected) == "not_text"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert messages.text_of(b"\xef\xbb\xbfcat.png") == "cat.png"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([text for text, _ in FORMS.values()]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*event(), "type", "job_id", "name", "x"]), inner),
    max_leaves=4,
).map(lambda value: json.dumps(value).encode())
forms = st.sampled_from([text.encode() for text, _ in FORMS.values()])
torn = st.tuples(forms, forms, st.binary(max_size=6), st.integers(0, 300)).map(
    lambda drawn: drawn[0][: drawn[3]] + drawn[2] + drawn[1][drawn[3] :]
)
bodies = st.one_of(st.binary(), st.text().map(str.encode), json_like, json_like.map(base64.b64encode), torn)


@settings(max_examples=at_length(25, 2_000))
@given(bodies)
@example(b'{"a":' + b"[" * 3000)
@example(b"https://[v1.a]/images/x")
@example(json.dumps({**event(), "data": {"api": []}}).encode())
def test_no_message_whatever_raises_anything_but_rejected(body: bytes) -> None:
    try:
        for hints in messages.readings(messages.text_of(body), images_container="images"):
            images = [hint.ref if isinstance(hint, ImageHint) else hint for hint in hints]
            others = JobHint | BadItem | IgnoreReason
            assert all(isinstance(image, others) or image.container == "images" for image in images)
    except MessageRejected as rejected:
        assert rejected.code  # noqa: PT017 - raised or not, both are well


@settings(max_examples=at_length(15, 1_000))
@given(st.from_regex(r"[a-z][a-z0-9-]{0,30}-[0-9a-f]{32}", fullmatch=True), st.none() | st.text(max_size=60))
def test_what_we_write_we_read(identity: str, traceparent: str | None) -> None:
    assert first(messages.write(identity, traceparent)) == (JobHint(identity),)


def test_a_bad_item_of_a_list_keeps_no_other_from_being_read() -> None:
    (bad, good) = first('[{"x": "?"}, "images/cat.png"]')
    assert good == ImageRef("images", "cat.png")
    assert isinstance(bad, BadItem)
    assert bad.why.code == "unknown_form"


def test_a_list_may_name_a_hundred_items() -> None:
    assert first(json.dumps(["cat.png"] * 100)) == (ImageRef("images", "cat.png"),) * 100


@pytest.mark.parametrize("inner", [["a.png", "b.png"], '["a.png", "b.png"]'])
def test_a_list_inside_a_list_is_one_bad_item(inner: object) -> None:
    (bad, good) = first(json.dumps([inner, "cat.png"]))
    assert (isinstance(bad, BadItem), good) == (True, ImageRef("images", "cat.png"))


def test_the_reason_of_bad_items_tells_how_many_and_which() -> None:
    form, blob = MessageRejected("unknown_form", "It names nothing."), MessageRejected("blob_not_found", "None.")
    told = messages.bad_items({2: form, 3: blob, 5: form}, 7)
    assert told.code == "bad_items"
    assert str(told) == (
        "3 of 7 items can't be used (unknown_form: item 2, 5; blob_not_found: item 3). It names nothing."
    )


def test_bad_items_of_one_kind_keep_its_code() -> None:
    form = MessageRejected("unknown_form", "It names nothing.")
    assert [messages.bad_items({1: form, 2: form}, 2).code, messages.bad_items({1: form}, 1)] == ["unknown_form", form]


@pytest.mark.parametrize("name", ["[draft] cat.png", "{8f14e45f}.png", '"cat".png'])
def test_a_name_that_begins_like_json_is_looked_for_before_it_is_malformed(name: str) -> None:
    found = messages.readings(name, images_container="images")
    assert next(found) == (ImageRef("images", name),)
    with pytest.raises(MessageRejected) as met:
        next(found)
    assert met.value.code == "malformed_json"


@pytest.mark.case("storage message forms", was="blob_not_found")
@pytest.mark.parametrize("alphabet", [base64.encodebytes, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padding", ["=", ""])
def test_base64_may_have_line_breaks_another_alphabet_and_no_padding(
    alphabet: Callable[[bytes], bytes], padding: str
) -> None:
    path = f"images/{'Ärger?>~ ' * 12}.png"
    assert (ImageRef.of(path),) in every(alphabet(path.encode()).decode().replace("=", padding))


@pytest.mark.parametrize(("written", "name"), [("cat.png?sv=1&sig=x", "cat.png"), ("a%20b.png", "a b.png")])
def test_a_path_may_have_a_query_or_be_encoded_as_in_a_url_when_no_blob_has_that_very_name(
    written: str, name: str
) -> None:
    assert first(f"images/{written}") == (ImageRef("images", written),)
    assert (ImageRef("images", name),) in every(f"images/{written}")


def test_a_slash_before_a_path_is_none_of_it() -> None:
    assert (ImageRef("images", "cat.png"),) in every("/images/cat.png")


def test_our_message_has_no_key_that_the_host_would_take_for_its_own() -> None:
    taken = {"id", "popreceipt", "dequeuecount", "insertiontime", "expirationtime", "nextvisibletime", "queuetrigger"}
    assert taken.isdisjoint(key.lower() for key in json.loads(messages.write(JOB, "00-a-b-01")))


def test_a_name_in_quotes_is_taken_exactly() -> None:
    assert first('"images/cat.png "') == (ImageRef("images", "cat.png "),)
