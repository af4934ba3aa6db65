import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from localhost.host.blobs import BlobMessage
from shared import messages
from shared.errors import MessageRejected
from shared.ids import job_id
from shared.images import ImageRef
from shared.messages import BadItem, Hints, JobHint

JOB = job_id("image-analysis", "images/cat.png", "0x1")
CAT = ImageRef("images", "a b/cat.png")
ACCOUNT = "https://account.blob.core.windows.net"


def event(kind: str = "eventType", **data: str) -> dict[str, Any]:
    """Return a BlobCreated event of either schema."""
    subject = "/blobServices/default/containers/images/blobs/a b/cat.png"
    head = {"specversion": "1.0"} if kind == "type" else {}
    return {**head, kind: "Microsoft.Storage.BlobCreated", "subject": subject, "data": {"api": "PutBlob", **data}}


FORMS = {
    "ours": (messages.write(JOB, "00-a-b-01"), JobHint(JOB)),
    "job id": (JOB, JobHint(JOB)),
    "job id as JSON": (json.dumps(JOB), JobHint(JOB)),
    "path": ("images/a b/cat.png", CAT),
    "path as JSON": ('"images/a b/cat.png"', CAT),
    "bare name": ("cat.png", ImageRef("images", "cat.png")),
    "container and name": ('{"container":"images","name":"a b/cat.png"}', CAT),
    "name alone": ('{"name":"a b/cat.png"}', CAT),
    "URL": (f"{ACCOUNT}/images/a%20b/cat.png?sv=1&sig=x#f", CAT),
    "URL of an emulator": ("http://127.0.0.1:10000/account/images/a%20b/cat.png", CAT),
    "URL of an emulator by name": ("http://localhost:10000/account/images/a%20b/cat.png", CAT),
    "URL of an emulator by IPv6": ("http://[::1]:10000/account/images/a%20b/cat.png", CAT),
    "the host's of a blob": (BlobMessage("Host.Functions.x", "images", "a b/cat.png", "0x1").dump().decode(), CAT),
    "Event Grid": (json.dumps(event()), CAT),
    "CloudEvents": (json.dumps(event("type")), CAT),
}
EVERY = pytest.mark.parametrize("form", FORMS)


def first(text: str) -> Hints:
    """Return the first reading; nothing when there is none."""
    return next(messages.readings(text, images_container="images"), ())


def encoded(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


@EVERY
def test_every_form_is_read(form: str) -> None:
    text, hint = FORMS[form]
    assert first(text) == (hint,)


@EVERY
def test_every_form_is_read_within_white_space(form: str) -> None:
    text, hint = FORMS[form]
    assert first(f"\n {text}\r\n") == (hint,)


@EVERY
def test_every_form_is_read_in_base64(form: str) -> None:
    text, hint = FORMS[form]
    assert (hint,) in list(messages.readings(encoded(text), images_container="images"))


@EVERY
def test_base64_is_tried_last(form: str) -> None:
    text, _ = FORMS[form]
    assert first(encoded(text)) == (ImageRef("images", encoded(text)),)


def test_a_name_of_another_container_is_a_name_in_ours() -> None:
    assert first("other/cat.png") == (ImageRef("images", "other/cat.png"),)


def test_a_path_of_our_container_is_tried_before_a_name_that_looks_like_one() -> None:
    found = list(messages.readings("images/cat.png", images_container="images"))
    assert found == [(ImageRef("images", "cat.png"),), (ImageRef("images", "images/cat.png"),)]


@pytest.mark.parametrize("kind", ["eventType", "type"])
def test_an_array_of_events_asks_for_all_of_them(kind: str) -> None:
    assert first(json.dumps([event(kind), event(kind)])) == (CAT, CAT)


@pytest.mark.parametrize("api", ["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose"])
def test_an_event_of_a_creating_api_asks_for_its_blob(api: str) -> None:
    assert first(json.dumps(event(api=api))) == (CAT,)


@pytest.mark.parametrize("api", ["CreateFile", "RenameFile", "SftpCreate"])
def test_an_event_of_another_api_asks_for_nothing(api: str) -> None:
    assert list(messages.readings(json.dumps(event(api=api)), images_container="images")) == [()]


@pytest.mark.parametrize("changed", ["eventType", "container"])
def test_an_event_of_another_kind_or_container_asks_for_nothing(changed: str) -> None:
    other = event()
    if changed == "eventType":
        other["eventType"] = "Microsoft.Storage.BlobDeleted"
    else:
        other["subject"] = other["subject"].replace("/images/", "/thumbnails/")
    assert list(messages.readings(json.dumps(other), images_container="images")) == [()]


REJECTED = {
    "": "empty",
    " \n": "empty",
    "{": "malformed_json",
    '["': "malformed_json",
    "[" * 100_000: "malformed_json",
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
    '{"eventType":"Microsoft.Storage.BlobCreated"}': "malformed_event",
    json.dumps({**event(), "subject": "/blobServices/default/containers/images"}): "malformed_event",
}


@pytest.mark.parametrize(("text", "code"), REJECTED.items(), ids=[text[:30] for text in REJECTED])
def test_a_message_that_names_nothing_is_rejected_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(MessageRejected) as met:
        list(messages.readings(text, images_container="images"))
    assert met.value.code == code


def test_what_is_no_text_is_rejected() -> None:
    with pytest.raises(MessageRejected) as met:
        messages.text_of(b"\xff\xfe")
    assert met.value.code == "not_text"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert messages.text_of(b"\xef\xbb\xbfcat.png") == "cat.png"


def test_a_text_beyond_every_form_has_no_reading() -> None:
    assert list(messages.readings("x" * 2000, images_container="images")) == []


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([text for text, _ in FORMS.values()]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*event(), "type", "job_id", "name", "x"]), inner),
    max_leaves=4,
).map(lambda value: json.dumps(value).encode())
bodies = st.one_of(st.binary(), st.text().map(str.encode), json_like, json_like.map(base64.b64encode))


@settings(max_examples=60, deadline=None)
@given(bodies)
@example(b'{"a":' + b"[" * 3000)
@example(b"https://[v1.a]/images/x")
@example(json.dumps({**event(), "data": {"api": []}}).encode())
def test_no_message_whatever_raises_anything_but_rejected(body: bytes) -> None:
    try:
        for hints in messages.readings(messages.text_of(body), images_container="images"):
            assert all(isinstance(hint, JobHint | BadItem) or hint.container == "images" for hint in hints)
    except MessageRejected as rejected:
        assert rejected.code  # noqa: PT017 - raised or not, both are well


@settings(max_examples=25, deadline=None)
@given(st.from_regex(r"[a-z][a-z0-9-]{0,30}-[0-9a-f]{32}", fullmatch=True), st.none() | st.text(max_size=60))
def test_what_we_write_we_read(identity: str, traceparent: str | None) -> None:
    assert first(messages.write(identity, traceparent)) == (JobHint(identity),)


def test_a_bad_item_of_a_list_keeps_no_other_from_being_read() -> None:
    (bad, good) = first('[{"x": "?"}, "images/cat.png"]')
    assert good == ImageRef("images", "cat.png")
    assert isinstance(bad, BadItem)
    assert (bad.text, bad.why.code) == ('{"x": "?"}', "unknown_form")


@pytest.mark.parametrize("text", ["https://a/images/x?sv=1&sig=SECRET%3D&se=2", '{"url":"https://a/b?sig=SECRET"}'])
def test_the_signature_of_a_url_is_not_kept(text: str) -> None:
    assert "SECRET" not in messages.kept(text)
    assert messages.kept(text).replace("…", "SECRET%3D" if "%3D" in text else "SECRET") == text


def test_half_a_surrogate_pair_is_kept_as_text() -> None:
    assert messages.kept("a\ud800b") == "a\\ud800b"


def test_our_message_has_no_key_that_the_host_would_take_for_its_own() -> None:
    taken = {"id", "popreceipt", "dequeuecount", "insertiontime", "expirationtime", "nextvisibletime", "queuetrigger"}
    assert taken.isdisjoint(key.lower() for key in json.loads(messages.write(JOB, "00-a-b-01")))


def test_a_name_in_quotes_is_taken_exactly() -> None:
    (hints,) = list(messages.readings('"images/cat.png "', images_container="images"))[:1]
    assert hints == (ImageRef("images", "cat.png "),)
