"""The real function_app.py under one local host on real Azurite, with the usual settings: what users are promised."""

import hashlib

import pytest

from tests.rig import ROOT, SAMPLES, Rig, until
from tests.sdk_clients import table_of
from tests.tutorial import NEEDS_CURL, follow, steps

CAT = (SAMPLES / "cat.png").read_bytes()


@pytest.fixture(scope="module", name="rig")
def _rig(shared_rig: Rig) -> Rig:
    """One host for all of these tests; each has names of its own."""
    shared_rig.start()
    return shared_rig


def test_an_uploaded_image_is_completed_once_with_its_report_and_thumbnail(rig: Rig) -> None:
    identity = rig.upload("holiday/cat #1.png", CAT)
    job = rig.ended(identity)
    assert (job["state"], job["attempts"]) == ("COMPLETED", 1)
    assert job["report"]["source"]["sha256"] == hashlib.sha256(CAT).hexdigest()
    assert (job["report"]["image"]["width_px"], job["report"]["image"]["height_px"]) == (451, 300)
    thumbnail = job["report"]["thumbnail"]
    data = rig.blobs.get_blob_client(thumbnail["container"], thumbnail["name"]).download_blob().readall()
    assert len(data) == thumbnail["bytes"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("truncated.jpg", (SAMPLES / "broken" / "truncated.jpg").read_bytes(), "corrupt_image"),
        ("empty.png", b"", "empty_blob"),
        ("text.jpg", (SAMPLES / "broken" / "text.jpg").read_bytes(), "unsupported_format"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_file_fails_with_its_code_at_the_first_attempt(rig: Rig, name: str, data: bytes, code: str) -> None:
    job = rig.ended(rig.upload(name, data))
    assert (job["state"], job["error"]["code"], job["attempts"]) == ("FAILED", code, 1)


def test_a_message_that_names_nothing_is_kept_with_the_reason(rig: Rig) -> None:
    rig.send("images/nowhere.png")
    table = table_of(rig.darkroom.storage.jobs)
    rows = until(lambda: list(table.query_entities("PartitionKey eq 'rejected'")), what="the rejected row")
    assert [(row["text"], row["code"]) for row in rows] == [("images/nowhere.png", "blob_not_found")]


@NEEDS_CURL
def test_the_calls_of_the_tutorial_do_what_it_says(rig: Rig) -> None:
    rig.upload("cat.png", CAT)
    for step in steps():
        if step[0][0].startswith("curl"):
            follow(step, ROOT, f"http://127.0.0.1:{rig.hosts[0].port}/")
