"""What commands ask of the API, and what they make of its answers."""

import json
from typing import Any

import pytest

from shared.cli.service import Reply, ServiceDown, ServiceRefused, items, outcome, target
from tests.doubles.service import FakeService, answer


def _page(*numbers: int, cursor: str | None = None) -> dict[str, Any]:
    return {"items": [{"id": str(number)} for number in numbers], "cursor": cursor}


def test_a_path_is_escaped() -> None:
    assert target("/images/a/...x/ä?%.png", None) == ("/images/a/...x/%C3%A4%3F%25.png", "")


@pytest.mark.parametrize("path", ["/images/a/../b.png", "/rejected/..", "/images/./a", "/images/\udcff.png"])
def test_a_path_that_would_lead_elsewhere_or_is_no_text_is_refused(path: str) -> None:
    with pytest.raises(ServiceRefused) as refused:
        target(path, None)
    assert refused.value.status == 422
    with pytest.raises(ServiceRefused, match="UTF-8"):
        target("/images", {"name": "\udcff.png"})


def test_parameters_without_a_value_are_left_out() -> None:
    assert target("/jobs", {"ref": "a b", "brief": True, "type": None})[1] == "ref=a%20b&brief=true"


def test_a_list_is_read_page_by_page_up_to_the_limit() -> None:
    pages = [answer(_page(1, 2, cursor="c")), answer(_page(cursor="d")), answer(_page(3, 4))]
    service = FakeService({"GET /jobs": list(pages)})
    assert list(items(service, "/jobs", {"state": "FAILED"}, limit=3)) == _page(1, 2, 3)["items"]
    assert [(call.query["cursor"], call.query["limit"]) for call in service.calls] == [(None, 3), ("c", 1), ("d", 1)]


def test_a_list_without_a_limit_is_read_to_its_end() -> None:
    service = FakeService({"GET /jobs": [answer(_page(1, cursor="c")), answer(_page(2))]})
    assert list(items(service, "/jobs", {})) == _page(1, 2)["items"]


@pytest.mark.parametrize(
    "page", [{}, {"items": None}, {"items": 3}, {"items": [3]}, {"items": [], "cursor": {}}, _page(1, cursor="same")]
)
def test_a_list_of_another_form_or_without_an_end_is_no_list(page: dict[str, Any]) -> None:
    with pytest.raises(ServiceDown, match="not Darkroom"):
        list(items(FakeService({"GET /jobs": answer(page)}), "/jobs", {}))


def test_an_answer_without_what_darkroom_says_there_is_none_of_darkroom() -> None:
    reply = answer({"id": "a", "blobs": 7})
    assert reply.json(id=str, blobs=int) == {"id": "a", "blobs": 7}
    for members in ({"jobs": dict}, {"id": int}, {"id": str, "new": int}):
        with pytest.raises(ServiceDown, match="not Darkroom"):
            reply.json(**members)


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_success_and_an_unchanged_version_are_replies(status: int) -> None:
    assert outcome(Reply(status)).status == status


def test_a_refusal_has_the_problem_that_the_app_names() -> None:
    problem = {"code": "invalid", "detail": "See errors.", "errors": [{"field": "query.q", "message": "is long."}, 1]}
    with pytest.raises(ServiceRefused, match=r"^query\.q is long\.$") as refused:
        outcome(answer(problem, 422))
    assert (refused.value.status, refused.value.code, refused.value.errors) == (422, "invalid", ("query.q is long.",))


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"code": 1, "errors": 2}', b"\xff"])
def test_a_refusal_of_somebody_else_is_one_too(content: bytes) -> None:
    with pytest.raises(ServiceRefused) as refused:
        outcome(Reply(404, {}, content))
    assert refused.value.code == "http_404"
    assert str(refused.value) == "The answer is HTTP 404. There is no Darkroom at this address. Check it."


def test_a_redirection_is_not_followed_but_said() -> None:
    with pytest.raises(ServiceRefused, match="The address redirects"):
        outcome(Reply(302, {"location": "https://login.example"}))


def test_a_failure_of_the_app_is_no_refusal() -> None:
    with pytest.raises(ServiceDown, match="storage_out: Storage is out"):
        outcome(Reply(503, {}, json.dumps({"code": "storage_out", "detail": "Storage is out."}).encode()))


@pytest.mark.parametrize("content", [b"<html>", b"", b"[]", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_a_page_of_somebody_else_is_not_taken_for_an_answer(content: bytes) -> None:
    with pytest.raises(ServiceDown, match="not Darkroom"):
        Reply(200, {}, content).json()


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [(401, "", "Set DARKROOM_KEY to a key of the app."),
     (403, "wrong_role", "Set DARKROOM_KEY to a key with that role."),
     (404, "no_such_path", "The app is of another release"),
     (404, "", "There is no Darkroom at this address")],
)  # fmt: skip
def test_a_refusal_says_what_to_do(status: int, code: str, advice: str) -> None:
    with pytest.raises(ServiceRefused, match=advice):
        outcome(answer({"code": code, "detail": "No."}, status))
