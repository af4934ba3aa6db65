"""``darkroom doctor`` over storage: what it finds, what it costs, and that it changes nothing."""

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseTimeoutError
from azure.core.pipeline.transport import HttpTransport
from azure.storage.blob._shared.shared_access_signature import SharedAccessSignature
from typer.testing import Result

from shared.rules.access import Act
from shared.rules.diagnoses import Diagnosis
from shared.rules.jobs import SCHEMA
from shared.rules.symptoms import Level, Symptom
from shared.storage import clients
from shared.wiring.doctor import build_doctor
from tests.contract.doctor_requests import RefusingActs, tries
from tests.contract.places import Place, in_process
from tests.contract.uploads import upload
from tests.contract.verify_bench import VerifyBench
from tests.doubles.transports import CountingTransport
from tests.sdk_clients import blobs_of, queue_of, table_of

#: All acts at all places: four and three of the tables, four of the queue, three and four of the containers; a poison
#: queue takes two, and one where it is missing; the host's state takes one.
REQUESTS = 7 + 4 + 1 + 1 + 7 + 1
#: Of the account, not of one app: there where a host of another test has been before.
OF_ALL = ("azure-webjobs-hosts", "webjobs-blobtrigger-poison")


@pytest.fixture
def refusing(place: Place) -> RefusingActs:
    return RefusingActs(place.transport)


def examine(place: Place, transport: HttpTransport[Any, Any] | None = None, **settings: str) -> list[Diagnosis]:
    """Return what the doctor finds, by a clock that is right."""
    place = place.with_settings(**settings)
    clock = place.account.clock if place.account else None
    now = clock.now if clock else lambda: datetime.now(UTC)
    doctor = build_doctor(place.environ, transport=transport or place.transport, runtime=place.runtime, wall=now)
    return list(doctor.examine())


def problems(found: list[Diagnosis]) -> list[Diagnosis]:
    return [each for each in found if each.level is Level.PROBLEM]


@pytest.mark.azurite
def test_storage_that_is_as_it_should_be_has_no_problem(place: Place) -> None:
    place.build(create=True)
    found = examine(place)
    assert problems(found) == []
    acts = {each.where: each.text for each in found if each.symptom is Symptom.ACCESSIBLE}
    assert len([where for where in acts if not where.endswith(OF_ALL)]) == 5
    assert acts[f"queue {place.environ['JOB_QUEUE']}"] == (
        "It exists. You may count messages, send messages, receive and delete messages, hide messages."
    )
    assert {Symptom.CLOCKS_AGREE, Symptom.ON_TIME} <= {each.symptom for each in found}


@pytest.mark.azurite
def test_asking_changes_nothing_and_takes_nothing(place: Place) -> None:
    darkroom = place.build(create=True)
    upload(darkroom, "cat.png")
    darkroom.storage.queue.send("cat")
    storage = darkroom.storage
    before = [dict(row) for row in table_of(storage.jobs).list_entities()]
    examine(place)
    assert [dict(row) for row in table_of(storage.jobs).list_entities()] == before
    assert list(table_of(storage.locks).list_entities()) == []
    (message,) = queue_of(storage.queue).peek_messages(max_messages=32)
    assert (message.content, message.dequeue_count) == ("cat", 0)
    for container in (place.environ["IMAGES_CONTAINER"], place.environ["THUMBNAILS_CONTAINER"]):
        names = [blob.name for blob in blobs_of(storage.images).get_container_client(container).list_blobs()]
        assert not [name for name in names if "doctor" in name]


def test_it_takes_a_request_for_each_act_and_three_and_two_a_bucket_for_jobs(place: Place) -> None:
    place = place.with_settings(JOB_BUCKETS="2")
    place.build(create=True)
    wire = CountingTransport(place.transport)
    with wire.count() as requests:
        examine(place, wire)
    assert len(requests) == REQUESTS + 1 + 2 * 2 + 2


def test_what_is_missing_is_a_problem_and_a_poison_queue_is_not(place: Place) -> None:
    found = problems(examine(place))
    assert {each.symptom for each in found} == {Symptom.ABSENT}
    assert len(found) == 5
    assert all("darkroom init" in each.advice for each in found)


#: Microsoft's table of permissions, and of what its roles hold: the least role that permits each act.
ROLES = {
    Act.LIST_BLOBS: "Storage Blob Data Reader",
    Act.READ_BLOBS: "Storage Blob Data Reader",
    Act.WRITE_BLOBS: "Storage Blob Data Contributor",
    Act.DELETE_BLOBS: "Storage Blob Data Contributor",
    Act.KEEP_HOST_STATE: "Storage Blob Data Owner",
    Act.COUNT_MESSAGES: "Storage Queue Data Reader",
    Act.SEND_MESSAGES: "Storage Queue Data Message Sender",
    Act.RECEIVE_MESSAGES: "Storage Queue Data Message Processor",
    Act.HIDE_MESSAGES: "Storage Queue Data Contributor",
    Act.READ_ROWS: "Storage Table Data Reader",
    Act.ADD_ROWS: "Storage Table Data Contributor",
    Act.UPDATE_ROWS: "Storage Table Data Contributor",
    Act.DELETE_ROWS: "Storage Table Data Contributor",
}


@pytest.mark.parametrize("act", Act)
def test_each_act_that_is_forbidden_names_the_role_that_permits_it(
    place: Place, refusing: RefusingActs, act: Act
) -> None:
    place.build(create=True)
    others = ("azure-webjobs-hosts", place.environ["IMAGES_CONTAINER"])[act is Act.KEEP_HOST_STATE :]
    refusing.refuses = lambda request: tries(request, act) and not any(name in request.url for name in others)
    found = [each for each in examine(place, refusing) if "may not" in each.text]
    symptom = Symptom.NO_HIDING if act is Act.HIDE_MESSAGES else Symptom.FORBIDDEN
    assert found
    assert {each.symptom for each in found} == {symptom}
    assert all(ROLES[act] in each.advice for each in found)


def sas(connection: str, permissions: str) -> str:
    """Return a connection by a SAS of the account, for all services and with these permissions."""
    parts = dict(part.split("=", 1) for part in connection.split(";") if part)
    signer = SharedAccessSignature(parts["AccountName"], parts["AccountKey"])  # type: ignore[no-untyped-call] # the SDK's
    expiry = datetime.now(UTC) + timedelta(days=30)
    signed = signer.generate_account(services="bqt", resource_types="sco", permission=permissions, expiry=expiry)
    endpoints = [f"{name}={url}" for name, url in parts.items() if name.endswith("Endpoint")]
    return ";".join([*endpoints, f"SharedAccessSignature={signed}"])


@pytest.mark.azurite(only=True)
@pytest.mark.parametrize("permissions", ["rl", "rlw", "rlp", "rlud", "rwdlaup"])
def test_what_a_sas_permits_is_found_out_and_no_more(place: Place, permissions: str) -> None:
    place.build(create=True)
    found = examine(place, AzureWebJobsStorage=sas(place.environ["AzureWebJobsStorage"], permissions))
    may = " ".join(each.text for each in found if each.symptom is Symptom.ACCESSIBLE)
    unchecked = {Act.ADD_ROWS, Act.KEEP_HOST_STATE}  # by Azurite, in a transaction; and where no host was
    assert {act for act in Act if act.phrase in may} - unchecked == {
        act for act in set(Act) - unchecked if set(act.letters) <= set(permissions)
    }
    assert {each.symptom for each in problems(found)} <= {Symptom.BEYOND_SAS}


def test_images_that_may_only_be_read_are_no_problem(place: Place, refusing: RefusingActs) -> None:
    place.build(create=True)
    images = place.environ["IMAGES_CONTAINER"]
    refusing.refuses = lambda request: tries(request, Act.WRITE_BLOBS) and images in request.url
    found = examine(place, refusing)
    assert problems(found) == []
    assert Symptom.NO_UPLOADS in {each.symptom for each in found}


@pytest.mark.parametrize(
    ("status", "code", "symptom"),
    [
        (403, "KeyBasedAuthenticationNotPermitted", Symptom.KEYS_OFF),
        (403, "AuthorizationFailure", Symptom.NETWORK_RULES),
        (403, "AuthenticationFailed", Symptom.UNKNOWN_CALLER),
        (401, "InvalidAuthenticationInfo", Symptom.UNKNOWN_CALLER),
        (503, "ServerBusy", Symptom.FAILING),
        (429, "TooManyRequests", Symptom.FAILING),
        (400, "InvalidHeaderValue", Symptom.REFUSED),
    ],
)
def test_a_refusal_of_everything_is_told_with_what_to_do(
    place: Place, refusing: RefusingActs, status: int, code: str, symptom: Symptom
) -> None:
    place.build(create=True)
    refusing.refuses, refusing.status, refusing.code = lambda _: True, status, code
    found = problems(examine(place, refusing))
    assert {each.symptom for each in found} == {symptom}
    assert all(code in each.text and each.advice for each in found)


def _unknown_host() -> ServiceRequestError:
    error = ServiceRequestError("no")
    error.__cause__ = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return error


@pytest.mark.parametrize(
    ("error", "symptom", "said"),
    [
        (_unknown_host(), Symptom.UNREACHABLE, "Name or service not known"),
        (ServiceResponseTimeoutError("late", error=TimeoutError()), Symptom.UNREACHABLE, "Timeout"),
    ],
)
def test_an_outage_is_a_finding_and_no_stack(
    place: Place, refusing: RefusingActs, error: Exception, symptom: Symptom, said: str
) -> None:
    refusing.refuses, refusing.error = lambda _: True, error
    found = problems(examine(place, refusing))
    assert {each.symptom for each in found} == {symptom}
    assert all(said in each.text for each in found)


class NoIdentity:
    """The credential of a machine that has none."""

    def get_token(self, *_: str, **__: object) -> None:
        """Say so, in many words.

        Raises:
            ClientAuthenticationError: Always.
        """
        raise ClientAuthenticationError("no token for tenant 1234")


def test_a_machine_without_an_identity_is_told_to_get_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "credential", lambda _: NoIdentity())
    found = examine(place, AzureWebJobsStorage="", AzureWebJobsStorage__accountName="acc")
    assert {each.symptom for each in problems(found)} == {Symptom.NO_IDENTITY}
    assert "1234" not in "".join(each.text + each.advice for each in found)
    assert Symptom.OWN_IDENTITY in {each.symptom for each in found}


def test_a_key_that_nothing_can_be_signed_with_is_told(place: Place) -> None:
    found = problems(examine(place, AzureWebJobsStorage="AccountName=a;AccountKey=abc"))
    assert {each.symptom for each in found} == {Symptom.UNKNOWN_CALLER}


def test_clocks_that_differ_are_told(place: Place) -> None:
    place.build(create=True)
    now = (place.account.clock.now() if place.account else datetime.now(UTC)) + timedelta(minutes=10)
    doctor = build_doctor(place.environ, transport=place.transport, runtime=place.runtime, wall=lambda: now)
    (found,) = [each for each in doctor.examine() if each.where == "clocks"]
    assert (found.symptom, found.facts["skew"]) == (Symptom.CLOCK_OFF, "9 min")


def test_another_number_of_buckets_is_a_problem(place: Place) -> None:
    place.build(create=True)
    (found,) = problems(examine(place, JOB_BUCKETS="8"))
    assert "JOB_BUCKETS: must be 4" in found.text


def test_a_job_that_nobody_takes_up_is_told_with_its_age() -> None:
    place = in_process()  # where three hours pass at once
    darkroom = place.build(create=True)
    darkroom.record.record(upload(darkroom, "cat.png"))
    place.go(3 * 3600)
    (found,) = [each for each in examine(place) if each.symptom is Symptom.JOBS_LATE]
    assert found.facts["age"] in ("2 h", "3 h")
    assert not [each for each in examine(place, DISPATCH="off") if each.symptom is Symptom.JOBS_LATE]


@pytest.mark.parametrize(
    ("columns", "symptom"), [({"schema": SCHEMA + 1}, Symptom.NEWER_ROWS), ({"state": "x"}, Symptom.DAMAGED_ROW)]
)
def test_rows_that_this_release_cannot_read_are_told(
    bench: VerifyBench, place: Place, columns: dict[str, object], symptom: Symptom
) -> None:
    row = bench.record()
    job_row = {"PartitionKey": bench.place(row), "RowKey": f"job:{row.job.id}", **columns}
    table_of(bench.darkroom.storage.jobs).update_entity(job_row)
    (found,) = [each for each in examine(place) if each.symptom is symptom]
    assert found.facts["job"] == row.job.id


def test_what_timers_have_done_is_told_with_its_age_and_is_a_problem_when_it_is_late(place: Place) -> None:
    darkroom = place.build(create=True)
    darkroom.sweep.sweep(owner="timer/1")
    told = {each.facts["what"]: each.symptom for each in examine(place) if "what" in each.facts}
    assert told == {
        "sweep": Symptom.UPKEEP_DONE,
        "slice of the walk": Symptom.UPKEEP_NEVER,
        "purge": Symptom.UPKEEP_NEVER,
    }
    if place.account is not None:
        place.go(3 * 3600)
        (late,) = problems(examine(place))
        assert (late.symptom, late.facts["what"]) == (Symptom.UPKEEP_LATE, "sweep")
        assert problems(examine(place, DISPATCH="off")) == []


@pytest.mark.parametrize(
    ("settings", "symptom"),
    [
        ({}, Symptom.SCANNED),
        ({"BLOB_SOURCE": "EventGrid"}, Symptom.SUBSCRIPTION_UNSEEN),
        ({"AzureWebJobs.record_image.Disabled": "true"}, Symptom.QUEUED),
    ],
)
def test_where_events_must_come_from_is_told(place: Place, settings: dict[str, str], symptom: Symptom) -> None:
    place.build(create=True)
    (found,) = [each for each in examine(place.with_settings(**settings)) if each.where == "events"]
    assert found.symptom is symptom
    assert found.level is Level.OK


def test_messages_in_the_poison_queue_are_counted(place: Place) -> None:
    darkroom = place.build(create=True)
    poison = queue_of(darkroom.storage.poison)
    poison.create_queue()
    poison.send_message("x")
    (found,) = [each for each in examine(place) if each.symptom is Symptom.POISON_WAITS]
    assert found.facts["count"] == 1


@pytest.mark.azurite
def test_the_command_says_how_bad_it_is_by_its_status_and_fits_a_terminal(
    place: Place, command: Callable[..., Result]
) -> None:
    missing = command("doctor", "--json")
    assert missing.exit_code == 1
    lines = [json.loads(line) for line in missing.stdout.splitlines()]
    assert all(line["advice"] for line in lines if line["code"] == "absent")
    assert [line["level"] for line in lines].count("problem") == 5
    place.build(create=True)
    fine = command("doctor", COLUMNS="80")
    assert (fine.exit_code, max(map(len, fine.stdout.splitlines())) <= 80) == (0, True)
    assert "problems: 0" in fine.stdout


@pytest.mark.parametrize(
    "address",
    ["http://app.example", "https://u:p@app.example", "https://app.example/api", "https://a:99999", "https://[", "app"],
)
def test_an_address_without_tls_or_with_more_than_a_host_is_refused(
    command: Callable[..., Result], address: str
) -> None:
    refused = command("doctor", "--deployed", address)
    assert (refused.exit_code, refused.stdout) == (2, "")
