"""Jobs and images by what an operator has at hand."""

import pytest

from shared.cli.lookup import NoSuchThing, find_image, find_job
from shared.cli.service import ServiceRefused
from tests.doubles.service import FakeService, answer

JOB = f"image-analysis-{7:032x}"
ABSENT = ServiceRefused(404, "no_such_job", "No job has this id.")


def test_an_id_of_a_job_is_asked_for_itself() -> None:
    assert find_job(FakeService({f"GET /jobs/{JOB}": answer({"id": JOB})}), JOB) == {"id": JOB}


def test_an_id_of_an_image_leads_to_its_job() -> None:
    service = FakeService({f"GET /images/{7:032x}": answer({"image_id": "7", "job": {"id": JOB}})})
    assert find_job(service, f"{7:032x}") == {"id": JOB}


def test_a_name_is_found_with_and_without_its_container() -> None:
    pages = [answer({"items": []}), answer({"items": [{"name": "a/cat.png"}]})]
    service = FakeService({"GET /images": list(pages)})
    assert find_image(service, "images/a/cat.png") == {"name": "a/cat.png"}
    assert [call.query["name"] for call in service.calls] == ["images/a/cat.png", "a/cat.png"]


def test_what_is_neither_is_said_to_be_neither() -> None:
    service = FakeService({"GET /images": answer({"items": []}), f"GET /jobs/{JOB}": ABSENT})
    with pytest.raises(NoSuchThing, match=r"cat\.png: No image is recorded under this name"):
        find_image(service, "cat.png")
    with pytest.raises(NoSuchThing, match="No job has this id"):
        find_job(service, JOB)
    assert len(service.calls) == 2


def test_a_purged_job_of_an_image_is_said_to_be_purged() -> None:
    service = FakeService({"GET /images": answer({"items": [{"name": "cat.png", "job": None}]})})
    with pytest.raises(NoSuchThing, match="was purged"):
        find_job(service, "cat.png")


def test_another_refusal_is_not_taken_for_an_absence() -> None:
    service = FakeService({f"GET /jobs/{JOB}": ServiceRefused(409, "row_damaged", "A row of this job is damaged.")})
    with pytest.raises(ServiceRefused):
        find_job(service, JOB)


def test_nothing_goes_by_a_name_that_no_image_can_have() -> None:
    refusal = ServiceRefused(422, "invalid", "No.", ["query.name must not end with a dot."])
    with pytest.raises(NoSuchThing, match="No image is recorded under this name"):
        find_image(FakeService({"GET /images": refusal}), "a/..")
