import hashlib
from typing import Any

from shared.errors import StorageOut
from shared.http import cursors
from shared.rules.ids import digest
from tests.unit.acts import note
from tests.unit.http.client import Client, Response

ID = "t-" + "0" * 32
MESSAGE = "0" * 32


def _act(client: Client, action: str, ids: list[str], **more: Any) -> Response:  # noqa: ANN401 - JSON
    return client.call("POST", "/jobs/actions", {"action": action, "ids": ids, **more})


def _log(client: Client, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.call("GET", f"/actions{query}").json["items"]
    return items


def _outcomes(response: Response) -> list[tuple[str, str | None]]:
    assert response.status == 200
    results = [(each["outcome"], each["code"]) for each in response.json["results"]]
    for outcome in ("done", "refused", "unknown"):
        assert response.json[outcome] == [each for each, _ in results].count(outcome)
    return results


def _jobs(client: Client, count: int) -> list[str]:
    return [client.add_job(str(number)).json["id"] for number in range(count)]


def _state(client: Client, job_id: str) -> str:
    return str(client.call("GET", f"/jobs/{job_id}").json["state"])


def test_each_job_of_an_action_is_done_or_refused_by_itself_in_the_order_of_the_ids(client: Client) -> None:
    waiting, completed = _jobs(client, 1)[0], client.complete_job("b").json["id"]
    response = _act(client, "cancel", [completed, waiting, ID])
    assert _outcomes(response) == [("refused", "ended"), ("done", None), ("refused", "no_such_job")]
    assert [each["id"] for each in response.json["results"]] == [completed, waiting, ID]
    assert response.json["results"][2]["detail"] == "No job has this id."


def test_many_jobs_are_canceled_opened_again_and_deleted(client: Client) -> None:
    ids = _jobs(client, 100)
    for action, state in (("cancel", "CANCELED"), ("redrive", "PENDING"), ("cancel", "CANCELED")):
        assert _act(client, action, ids).json["done"] == 100
        assert {_state(client, job_id) for job_id in ids} == {state}
    assert _act(client, "delete", ids, forget=True).json["done"] == 100
    assert client.add_job("0").status == 201


def test_a_repeated_action_opens_no_job_twice(client: Client) -> None:
    (job_id,) = _jobs(client, 1)
    client.call("POST", f"/jobs/{job_id}/cancel")
    client.world.clock.advance(1)
    as_of = "2026-01-01T00:00:01Z"
    assert _outcomes(_act(client, "redrive", [job_id], as_of=as_of)) == [("done", None)]
    client.world.clock.advance(10)
    client.call("POST", f"/jobs/{job_id}/cancel")
    for action in ("redrive", "delete"):
        assert _outcomes(_act(client, action, [job_id], as_of=as_of)) == [("refused", "mismatch")]


def test_a_job_that_was_added_since_is_not_canceled(client: Client) -> None:
    client.world.clock.advance(10)
    (job_id,) = _jobs(client, 1)
    assert _outcomes(_act(client, "cancel", [job_id], as_of="2026-01-01T00:00:05Z")) == [("refused", "mismatch")]
    assert _state(client, job_id) == "PENDING"


def test_an_action_at_nothing_but_storage_that_is_out_is_503(client: Client) -> None:
    ids = _jobs(client, 3)
    client.world.jobs.out = True
    assert _act(client, "cancel", ids).refusal == (503, "storage_out", None)
    client.world.jobs.out = False
    assert [entry["result"]["codes"] for entry in _log(client)] == [{"storage_out": 3}]


def test_what_storage_has_not_decided_is_unknown_and_may_be_sent_again(client: Client) -> None:
    ids = _jobs(client, 3)

    def fail() -> None:
        raise StorageOut

    client.world.jobs.before("replace", fail)
    response = _act(client, "cancel", ids)
    assert sorted(_outcomes(response)) == [("done", None), ("done", None), ("unknown", "storage_out")]
    assert _act(client, "cancel", ids).json["done"] == 3


BAD: list[tuple[dict[str, Any], str]] = [
    ({"action": "forget"}, "body.action"),
    ({"ids": []}, "body.ids"),
    ({"ids": [ID, ID]}, "body.ids"),
    ({"ids": [f"t-{number:032x}" for number in range(101)]}, "body.ids"),
    ({"ids": ["cat.png"]}, "body.ids.0"),
    ({"as_of": "yesterday"}, "body.as_of"),
    ({"forget": True}, "body.forget"),
    ({"filter": {"state": "x" * 1024}}, "body.filter"),
    ({"filter": "FAILED"}, "body.filter"),
    ({"operation": "1"}, "body.operation"),
    ({"state": "FAILED"}, "body.state"),
]


def test_an_action_must_say_what_to_do_with_which_jobs(client: Client) -> None:
    for wrong, field in BAD:
        with note(wrong):
            assert client.call("POST", "/jobs/actions", {"action": "cancel", "ids": [ID], **wrong}).refusal == (
                *(422, "invalid"),
                field,
            )
    assert _log(client) == []


def test_every_call_of_an_operator_is_kept_with_what_came_of_it(client: Client) -> None:
    job_id = client.complete_job().json["id"]
    for method, path in (("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")):
        client.call(method, f"/jobs/{job_id}{path}")
        client.world.clock.advance(1)
    client.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z", "state": "FAILED"})
    kept = [(each["action"], each["ids"], each["first_ids"], each["result"]) for each in reversed(_log(client))]
    refused = {"done": 0, "refused": 1, "unknown": 0, "codes": {"ended": 1}}
    done = {"done": 1, "refused": 0, "unknown": 0, "codes": {}}
    assert kept[:3] == [
        (name, 1, [job_id], result) for name, result in zip(ACTIONS, (refused, refused, done), strict=True)
    ]
    assert kept[3] == ("purge", 0, [], {**done, "done": 0})


ACTIONS = ("cancel", "redrive", "delete")


def test_an_action_is_kept_with_its_caller_its_filter_and_its_operation() -> None:
    client = Client(API_KEYS=f"operator/ada={KEY_HASH}")
    more, ids = {"filter": {"state": "FAILED"}, "operation": "0" * 32}, [f"t-{number:032x}" for number in range(12)]
    body = {"action": "delete", "ids": ids, **more}
    client.call("POST", "/jobs/actions", body, authorization=f"Bearer {KEY}")
    (entry,) = client.call("GET", "/actions", authorization=f"Bearer {KEY}").json["items"]
    assert {name: entry[name] for name in more} == more
    assert (entry["who"], entry["role"], entry["ids"], entry["first_ids"]) == ("ada", "operator", 12, ids[:10])
    assert (entry["at"], entry["ended_at"]) == ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z")


KEY = "k3y-of-this-test"
KEY_HASH = hashlib.sha256(KEY.encode()).hexdigest()


def test_nothing_is_done_that_the_log_can_not_keep(client: Client) -> None:
    (job_id,) = _jobs(client, 1)
    client.world.actions.out = True
    assert client.call("POST", f"/jobs/{job_id}/cancel").refusal == (503, "storage_out", None)
    assert _act(client, "cancel", [job_id]).refusal == (503, "storage_out", None)
    assert _state(client, job_id) == "PENDING"


def test_who_has_acted_is_told_so_even_if_the_log_can_not_keep_the_end(client: Client) -> None:
    (job_id,) = _jobs(client, 1)

    def fail() -> None:
        raise StorageOut

    client.world.actions.before("end", fail)
    assert client.call("POST", f"/jobs/{job_id}/cancel").json["state"] == "CANCELED"
    assert [(each["result"], each["ended_at"]) for each in _log(client)] == [(None, None)]


def test_the_list_of_actions_has_the_newest_first_and_goes_on_by_its_cursor(client: Client) -> None:
    for number in range(3):
        client.world.clock.advance(1)
        _act(client, "cancel", [f"t-{number:032x}"])
    first = client.call("GET", "/actions?limit=2")
    rest = client.call("GET", f"/actions?limit=2&cursor={first.json['cursor']}")
    kept = [each["first_ids"][0][-1] for page in (first, rest) for each in page.json["items"]]
    assert (kept, rest.json["cursor"], first.json["as_of"]) == (["2", "1", "0"], None, "2026-01-01T00:00:03.000Z")
    assert client.call("GET", "/rejected?cursor=" + first.json["cursor"]).refusal == (422, "invalid", "query.cursor")


def test_a_forged_cursor_is_refused_and_not_looked_up(client: Client) -> None:
    for path, query in (("/actions", "actions"), ("/rejected", [None, None])):
        with note(path):
            cursor = cursors.encode(["cat"], query)
            assert client.call("GET", f"{path}?cursor={cursor}").refusal == (422, "invalid", "query.cursor")


def _reject(client: Client, *texts: str, code: str = "blob_not_found") -> list[str]:
    for text in texts:
        client.world.rejections.reject(text, code=code, message="There is none.")
    return [digest(text) for text in texts]


def test_rejected_messages_are_listed_cut_and_one_of_them_is_shown_whole(client: Client) -> None:
    long, short = "x" * 201, "images/cat.png"
    ids = _reject(client, long, short)
    items = {each["id"]: each for each in client.call("GET", "/rejected").json["items"]}
    assert [(items[one]["text"], items[one]["truncated"]) for one in ids] == [("x" * 200, True), (short, False)]
    whole = client.call("GET", f"/rejected/{ids[0]}").json
    expected = {"id": ids[0], "code": "blob_not_found", "message": "There is none.", "at": "2026-01-01T00:00:00.000Z"}
    assert whole == {**expected, "text": long, "truncated": False}


def test_rejected_messages_are_found_by_reason_and_age_page_by_page(client: Client) -> None:
    old = _reject(client, *"abc")
    _reject(client, "d", code="empty")
    client.world.clock.advance(60)
    _reject(client, "e")
    query, found, cursor = "error=blob_not_found&older_than_seconds=30&limit=2", [], ""
    for _ in range(2):
        page = client.call("GET", f"/rejected?{query}{cursor}").json
        found.append([each["id"] for each in page["items"]])
        cursor = f"&cursor={page['cursor']}"
    assert (found, page["cursor"]) == ([sorted(old)[:2], sorted(old)[2:]], None)


def test_a_rejected_message_is_redriven_once_what_it_names_is_there(client: Client) -> None:
    there, missing = _reject(client, "images/cat.png", "images/dog.png")
    client.world.upload("cat.png")
    body = {"action": "redrive", "ids": [there, missing, MESSAGE]}
    response = client.call("POST", "/rejected/actions", body)
    assert _outcomes(response) == [("done", None), ("refused", "still_rejected"), ("refused", "no_such_message")]
    assert [each["id"] for each in client.call("GET", "/rejected").json["items"]] == [missing]
    assert [each["action"] for each in _log(client)] == ["redrive_rejected"]


def test_rejected_messages_are_deleted_but_for_one_that_is_rejected_again_meanwhile(client: Client) -> None:
    ids = _reject(client, "a", "b")
    client.world.rejections.before("delete", lambda: _reject(client, "a", code="empty"))
    response = client.call("POST", "/rejected/actions", {"action": "delete", "ids": [*ids, MESSAGE]})
    assert _outcomes(response) == [("refused", "mismatch"), ("done", None), ("refused", "no_such_message")]
    assert [each["action"] for each in _log(client)] == ["delete_rejected"]


def test_a_rejected_message_that_is_not_there_is_404(client: Client) -> None:
    assert client.call("GET", f"/rejected/{MESSAGE}").refusal == (404, "no_such_message", None)
    assert client.call("GET", "/rejected/cat").refusal == (422, "invalid", "path.id")
