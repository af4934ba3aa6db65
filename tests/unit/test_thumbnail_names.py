import pytest

from shared.rules.thumbnails import has_thumbnail, is_of, name_of, names_of, token_of

JOB = "image-analysis-" + "0" * 32


def test_a_thumbnail_is_named_after_its_job_and_claim() -> None:
    assert name_of(JOB, 3, extension="jpg") == f"{JOB}/3.jpg"
    assert token_of(f"{JOB}/3.jpg") == 3


@pytest.mark.case("security C2", was="the child's extension was written: x/../../../secrets/planted.html")
@pytest.mark.parametrize("extension", ["html", "webp/../../x", "", "WEBP"])
def test_no_other_extension_is_ever_part_of_a_name(extension: str) -> None:
    with pytest.raises(ValueError, match="extension"):
        name_of(JOB, 3, extension=extension)


def test_the_configured_format_is_looked_for_first() -> None:
    assert list(names_of(JOB, 1, image_format="png")) == [f"{JOB}/1.png", f"{JOB}/1.webp", f"{JOB}/1.jpg"]


@pytest.mark.parametrize("name", [f"{JOB}/3.webp", f"{JOB}/12.png"])
def test_names_of_attempts_are_known(name: str) -> None:
    assert is_of(JOB, name)


@pytest.mark.parametrize(
    "name", ["../secrets/x", f"{JOB}/3.html", f"{JOB}/../3.png", f"{JOB}/03.png", f"{JOB}/3.png\n", "x/3.png", None, 3]
)
def test_other_names_are_not(name: object) -> None:
    assert not is_of(JOB, name)


@pytest.mark.parametrize("report", [None, {}, {"thumbnail": None}, {"thumbnail": "x"}, {"thumbnail": ["x"]}])
def test_a_report_without_one_promises_none(report: dict[str, object] | None) -> None:
    assert not has_thumbnail(report)
