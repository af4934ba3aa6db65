"""What ``darkroom doctor`` says of settings, host.json and connections, without storage."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import function_app
from shared.errors import SettingsInvalid
from shared.ports.places import Form
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Level, Symptom
from shared.settings import app_settings
from shared.settings.settings import Settings
from shared.steps.operators.doctor.connection_check import check_connection
from shared.steps.operators.doctor.settings_check import check_host_file, check_settings
from shared.storage.connection_facts import describe

ROOT = Path(__file__).resolve().parents[2]
GOOD = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "PYTHON_THREADPOOL_THREAD_COUNT": "32"}
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY, SIGNATURE = "c2VjcmV0a2V5", "c2VjcmV0c2ln"


def symptoms(found: list[Diagnosis]) -> list[Symptom]:
    return [each.symptom for each in found if each.level is not Level.OK]


def find_in_settings(environ: dict[str, str], *, is_flex: bool = False) -> list[Diagnosis]:
    return check_settings({**GOOD, **environ}, is_flex=is_flex)[1]


def find_in_host(host: dict[str, Any] | None = None, **environ: str) -> list[Diagnosis]:
    """Check the host.json of the release, changed by what is given."""
    content = json.loads((ROOT / "host.json").read_text("utf-8"))
    return check_host_file(json.dumps({**content, **(host or {})}), {**GOOD, **environ}, Settings.read(environ))


def test_the_sample_settings_and_host_json_have_no_fault() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    settings, found = check_settings(sample, is_flex=False)
    assert settings is not None
    assert symptoms([*found, *check_host_file((ROOT / "host.json").read_text("utf-8"), sample, settings)]) == []


def test_every_setting_that_is_wrong_is_told_at_once() -> None:
    found = find_in_settings({"LEASE_SECONDS": "x", "DISPATCH": "y"})
    assert symptoms(found) == [Symptom.SETTING_INVALID] * 2
    assert sorted(each.text.partition(":")[0] for each in found) == ["DISPATCH", "LEASE_SECONDS"]


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("LEASE_SECOND", "LEASE_SECONDS"),
        ("dispatch", "DISPATCH"),
        ("MAX_BYTE", "MAX_BYTES"),
        ("AzureWebJobs.analyse_pending.Disabled", "AzureWebJobs.analyze_pending.Disabled"),
    ],
)
def test_a_name_that_is_nearly_ours_is_told_with_ours(name: str, similar: str) -> None:
    (found,) = find_in_settings({name: "queue"})[1:]
    assert (found.symptom, found.facts["similar"]) == (Symptom.SETTING_UNKNOWN, similar)


@pytest.mark.parametrize(
    ("environ", "symptom"),
    [
        ({"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_SITE_NAME": "app"}, Symptom.EASY_AUTH_ON),
        ({"WEBSITE_AUTH_ENABLED": "False"}, Symptom.EASY_AUTH_OFF),
        ({"WEBSITE_SITE_NAME": "app"}, Symptom.EASY_AUTH_OFF),
        ({}, Symptom.EASY_AUTH_UNSEEN),
    ],
)
def test_who_trusts_app_service_is_told_whether_it_checks_anybody(environ: dict[str, str], symptom: Symptom) -> None:
    signs_in = {Symptom.EASY_AUTH_ON, Symptom.EASY_AUTH_OFF, Symptom.EASY_AUTH_UNSEEN}
    assert signs_in & {each.symptom for each in find_in_settings({"EASY_AUTH": "true", **environ})} == {symptom}
    assert signs_in & {each.symptom for each in find_in_settings(environ)} == set()


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "SHELL", "TERM", "LANG", "WEBSITE_SITE_NAME", "FUNCTIONS_WORKER_RUNTIME"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert symptoms(find_in_settings({name: "x"})) == []


def test_the_functions_that_may_be_disabled_are_those_of_the_app() -> None:
    source = (ROOT / "function_app.py").read_text("utf-8")
    names = {name for name in app_settings.FUNCTIONS if f"def {name}(" in source}
    assert names == set(app_settings.FUNCTIONS)
    assert {each.get_function_name() for each in function_app.app.get_functions()} <= names


@pytest.mark.parametrize(
    ("environ", "symptom"),
    [
        ({"DISPATCH": "off"}, Symptom.DISPATCH_OFF),
        ({"AzureWebJobs.analyze_pending.Disabled": "true"}, Symptom.FUNCTION_DISABLED),
        ({"AzureWebJobs_analyze_pending_Disabled": "1"}, Symptom.FUNCTION_DISABLED),
        ({"AzureWebJobsStorage": ""}, Symptom.NO_HOST_STORAGE),
    ],
)
def test_what_stops_the_app_although_it_is_valid_is_told(environ: dict[str, str], symptom: Symptom) -> None:
    assert symptoms(find_in_settings(environ)) == [symptom]


def test_functions_that_others_do_the_work_of_may_be_disabled() -> None:
    environ = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("record_image", "bury_poison", "bury_blob_events")}
    assert symptoms(find_in_settings(environ)) == []


def test_flex_consumption_takes_no_scan_and_no_setting_that_it_keeps_elsewhere() -> None:
    environ = {"FUNCTIONS_WORKER_RUNTIME": "python"}
    assert symptoms(find_in_settings(environ)) == []
    assert symptoms(find_in_settings(environ, is_flex=True)) == [Symptom.SCAN_ON_FLEX, Symptom.IGNORED_ON_FLEX]
    assert symptoms(find_in_settings({"BLOB_SOURCE": "EventGrid"}, is_flex=True)) == []


@pytest.mark.parametrize(
    ("host", "environ", "symptom"),
    [
        ({"extensions": {"queues": {"batchSize": 4, "newBatchThreshold": 2}}}, {}, Symptom.WRONG_ENCODING),
        ({"functionTimeout": "00:05:00"}, {}, Symptom.HOST_FILE_DIFFERS),
        ({"extensionBundle": {}}, {}, Symptom.NO_BUNDLE),
        ({"extensionBundle": {"version": "[4.30.0, 5.0.0)"}}, {}, Symptom.OTHER_BUNDLE),
        ({}, {"PYTHON_THREADPOOL_THREAD_COUNT": "8"}, Symptom.TOO_FEW_THREADS),
        ({}, {"AzureFunctionsJobHost__extensions__queues__batchSize": "32"}, Symptom.TOO_FEW_THREADS),
        ({}, {"AzureFunctionsJobHost__extensions__queues__messageEncoding": "base64"}, Symptom.WRONG_ENCODING),
    ],
)
def test_a_host_json_that_does_not_fit_is_told(host: dict[str, Any], environ: dict[str, str], symptom: Symptom) -> None:
    assert symptoms(find_in_host(host, **environ)) == [symptom]


def test_a_setting_stands_before_the_value_of_host_json() -> None:
    name = "AzureFunctionsJobHost__functionTimeout"
    assert symptoms(find_in_host({"functionTimeout": "00:05:00"}, **{name: "00:10:00"})) == []


@pytest.mark.parametrize(
    ("text", "symptom"), [("{", Symptom.HOST_FILE_UNREADABLE), ("[]", Symptom.HOST_FILE_UNREADABLE)]
)
def test_a_host_json_of_another_form_is_told(text: str, symptom: Symptom) -> None:
    assert symptoms(check_host_file(text, GOOD, Settings.read({}))) == [symptom]


def test_each_symptom_can_be_found_and_what_is_no_good_news_says_what_to_do() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "shared").rglob("*.py"))
    assert set(Symptom.__members__) == set(re.findall(r"\bSymptom\.([A-Z_]+)", sources))
    assert [each for each in Symptom if each.level is not Level.OK and not each.advice] == []


SAS = f"BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=2024&se={{}}&sig={SIGNATURE}"


@pytest.mark.parametrize(
    ("environ", "form"),
    [
        ({"X": f"AccountName=a;AccountKey={KEY}"}, Form.KEY),
        ({"X": SAS.format("2027-01-01T00:00:00Z")}, Form.SAS),
        ({"X": "UseDevelopmentStorage=true"}, Form.EMULATOR),
        ({"X__accountName": "a"}, Form.IDENTITY),
        ({"X__accountName": "a", "X__credential": "managedidentity"}, Form.MANAGED),
    ],
)
def test_a_connection_is_described_without_its_secrets(environ: dict[str, str], form: Form) -> None:
    facts = describe(environ, "X")
    assert (facts.setting, facts.form) == ("X", form)
    said = " ".join(f"{each.text} {each.advice}" for each in check_connection(facts, NOW))
    assert not any(secret in f"{said} {facts}" for secret in (KEY, SIGNATURE))
    assert form is Form.EMULATOR or "a.blob.core.windows.net" in said


@pytest.mark.parametrize(
    ("expiry", "found"),
    [
        ("2026-11-30T11:59:59Z", [Symptom.SAS_EXPIRED]),
        ("2026-11-30", [Symptom.SAS_EXPIRED]),
        ("2026-12-07T00:00:00Z", [Symptom.SAS_EXPIRES_SOON]),
        ("2026-12-08T00:00:00Z", []),
        ("later", []),
    ],
)
def test_a_sas_that_expires_is_told(expiry: str, found: list[Symptom]) -> None:
    assert symptoms(list(check_connection(describe({"X": SAS.format(expiry)}, "X"), NOW))) == found


def test_the_connection_that_does_not_count_is_named() -> None:
    environ = {"X": "AccountName=a;AccountKey=b", "AzureWebJobsX__accountName": "c"}
    (found,) = [each for each in check_connection(describe(environ, "X"), NOW) if each.symptom is Symptom.SHADOWED]
    assert (found.facts["used"], found.facts["ignored"]) == ("AzureWebJobsX", "X")


def test_an_endpoint_without_tls_is_told_unless_it_is_here() -> None:
    for host, found in (("10.0.0.1:10000", [Symptom.NO_TLS]), ("127.0.0.1:10000", [])):
        facts = describe({"X": f"AccountName=a;AccountKey=b;BlobEndpoint=http://{host}/a;QueueEndpoint=https://q"}, "X")
        assert symptoms(list(check_connection(facts, NOW))) == found


def test_images_without_a_queue_endpoint_are_told() -> None:
    facts = describe({"X__blobServiceUri": "https://a.blob.core.windows.net"}, "X")
    assert symptoms(list(check_connection(facts, NOW, needs_queue=True))) == [Symptom.NO_QUEUE_ENDPOINT]


@pytest.mark.parametrize("url", ["a", "ftp://a.example", "https://", "https://[::1:1", "https://a b", "https://u:p@h"])
def test_an_endpoint_that_is_no_url_is_refused_without_its_value(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="X: must lead to URLs") as refused:
        describe({"X": f"AccountName=a;AccountKey={KEY};BlobEndpoint={url}?sig={SIGNATURE}"}, "X")
    assert not any(secret in str(refused.value) for secret in (KEY, SIGNATURE, "u:p"))


def test_a_connection_that_is_not_set_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="X: must be a connection string"):
        describe({}, "X")
