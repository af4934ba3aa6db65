"""The task of the corpus, as far as it needs no network: its list, what is taken from archives, and the comparisons."""

import hashlib
import io
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bench.corpus import apt, compare, fetch, peers, pins, reports

DIGEST = "0" * 64
HEAD = f"[npm exif-js 2.3.0 exif-js-2.3.0.tgz {DIGEST}]\n"


def pack(files: dict[str, bytes], name: str) -> bytes:
    stream = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(stream, "w") as bundle:
            for path, body in files.items():
                bundle.writestr(path, body)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz") as tarball:
            for path, body in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(body)
                tarball.addfile(member, io.BytesIO(body))
    return stream.getvalue()


def package(name: str, files: dict[str, bytes], *, sha256: str = "") -> pins.Package:
    found = tuple(pins.Pin(path, hashlib.sha256(body).hexdigest()) for path, body in files.items())
    return pins.Package("npm", "x", "1.0", name, sha256 or hashlib.sha256(pack(files, name)).hexdigest(), found)


def analysis(**changed: Any) -> reports.Report:  # noqa: ANN401 - any section
    report = {
        "status": "ok",
        "warnings": [],
        "source": {"name": "a"},
        "image": {"format": "jpeg", "orientation": 1},
        "exif": {"make": None, "taken_at": None},
        "privacy": {"has_gps": False, "gps": None},
    }
    return {**report, **changed}


def failed(code: str) -> reports.Report:
    return {"status": "failed", "error": {"code": code, "message": "m"}, "warnings": []}


def test_a_list_names_packages_and_the_files_in_them() -> None:
    found = pins.read(f"# a remark\n{HEAD}{DIGEST} package/a b.JPG\n\n")
    assert [(each.registry, each.name, each.version) for each in found] == [("npm", "exif-js", "2.3.0")]
    assert found[0].pins == (pins.Pin("package/a b.JPG", DIGEST),)
    assert found[0].pins[0].name == f"{DIGEST}.jpg"


@pytest.mark.parametrize(
    "text",
    [
        *(f"{DIGEST} before/any.jpg", f"{HEAD}{DIGEST} ../out.jpg", f"{HEAD}{DIGEST}", f"{HEAD}abc a.jpg"),
        *(HEAD.replace("npm", "cargo"), HEAD.replace(DIGEST, "12")),
    ],
)
def test_a_line_that_names_nothing_is_told(text: str) -> None:
    with pytest.raises(pins.BadPins, match=r"Line \d"):
        pins.read(text)


def test_the_list_of_the_repository_can_be_read_and_names_no_host() -> None:
    text = pins.FILE.read_text(encoding="utf-8")
    packages = pins.read(text)
    assert len({pin.sha256 for each in packages for pin in each.pins}) > 2_000
    assert {each.registry for each in packages} == set(pins.REGISTRIES)
    assert not re.search(r"https?:|\.org\b|\.com\b", " ".join(HEAD for HEAD in text.splitlines() if HEAD[:1] in "[#"))


@pytest.mark.parametrize("name", ["x-1.0.tgz", "x-1.0.zip"])
def test_the_pinned_files_of_an_archive_are_kept_under_their_digests(name: str, tmp_path: Path) -> None:
    wanted = package(name, {"x/a.png": b"one", "x/b.gif": b"two"})
    (tmp_path / fetch.ARCHIVES).mkdir()
    (tmp_path / fetch.ARCHIVES / name).write_bytes(pack({"x/a.png": b"one", "x/b.gif": b"two"}, name))
    assert fetch.missing([wanted], tmp_path) == [wanted]
    assert fetch.fetch(wanted, tmp_path) == 2
    assert sorted(file.name for file in (tmp_path / fetch.FILES).iterdir()) == sorted(pin.name for pin in wanted.pins)
    assert fetch.missing([wanted], tmp_path) == []


def test_an_archive_that_is_another_than_was_pinned_is_not_used(tmp_path: Path) -> None:
    wanted = package("x-1.0.tgz", {"x/a.png": b"one"}, sha256=DIGEST)
    (tmp_path / fetch.ARCHIVES).mkdir()
    archive = tmp_path / fetch.ARCHIVES / wanted.archive
    archive.write_bytes(pack({"x/a.png": b"one"}, wanted.archive))
    with pytest.raises(fetch.NotFetched, match="another file"):
        fetch.fetch(wanted, tmp_path)
    assert not archive.exists()


def test_a_file_that_is_another_than_was_pinned_is_left_out(tmp_path: Path) -> None:
    body = pack({"x/a.png": b"other"}, "x-1.0.tgz")
    wanted = package("x-1.0.tgz", {"x/a.png": b"one"}, sha256=hashlib.sha256(body).hexdigest())
    (tmp_path / fetch.ARCHIVES).mkdir()
    (tmp_path / fetch.ARCHIVES / wanted.archive).write_bytes(body)
    assert fetch.fetch(wanted, tmp_path) == 0
    assert list((tmp_path / fetch.FILES).iterdir()) == []


def test_a_client_that_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(fetch.NotFetched, match="npm is missing"):
        fetch.fetch(package("x-1.0.tgz", {"x/a.png": b"one"}), tmp_path)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("Types: deb\nSuites: bookworm\n", "Types: deb-src\nSuites: bookworm\n"),
        ("Types: deb deb-src\n", "Types: deb-src\n"),
        ("deb [x=y] place bookworm main\ndeb-src place bookworm main\n", "deb-src [x=y] place bookworm main\n"),
    ],
)
def test_sources_are_asked_for_where_the_machine_has_its_packages_from(given: str, asked: str) -> None:
    assert apt.source_stanzas(given) == asked


def test_reports_are_read_by_file_name_without_what_differs_from_run_to_run() -> None:
    line = '{"status": "ok", "source": {"name": "x/a.png"}, "timing": {"decode_ms": 1}}'
    assert reports.read([line, ""]) == {"a.png": {"status": "ok", "source": {"name": "x/a.png"}}}


def test_saved_reports_are_read_as_they_were(tmp_path: Path) -> None:
    reports.save({"a": analysis()}, tmp_path / "saved.json")
    assert reports.load(tmp_path / "saved.json") == {"a": analysis()}


def test_reports_are_counted_by_status_and_code() -> None:
    found = {"a": analysis(), "b": analysis(), "c": failed("corrupt_image")}
    assert compare.verdicts(found) == {"ok": 2, "failed corrupt_image": 1}
    assert compare.readable(found) == {"jpeg": 2}


def test_a_disagreement_with_pillow_is_a_file_that_one_of_both_reads() -> None:
    found = {
        "a": analysis(),
        "b": failed("corrupt_image"),
        "c": failed("unsupported_format"),
        "d": analysis(status="partial", error={"code": "too_many_pixels"}),
        "e": failed("corrupt_image"),
        "f": analysis(),
    }
    said = {**dict.fromkeys("abcd", "ok"), "e": "OSError", "f": "OSError"}
    assert compare.against_pillow(found, said) == [
        ("b", "ok", "failed corrupt_image"),
        ("c", "ok", "failed unsupported_format"),
        ("f", "OSError", "ok"),
    ]


@pytest.mark.parametrize(
    ("theirs", "ours", "word"),
    [
        ({}, {}, "nothing"),
        ({"IFD0:Make": "Canon "}, {"exif": {"make": "Canon", "taken_at": None}}, "agree"),
        ({"XMP-tiff:Make": "Canon"}, {"exif": {"make": None, "taken_at": None}}, "missed"),
        ({}, {"exif": {"make": "Canon", "taken_at": None}}, "more"),
        ({"IFD0:Make": "Canon"}, {"exif": {"make": "Nikon", "taken_at": None}}, "differs"),
    ],
)
def test_a_fact_is_compared_with_what_exiftool_says(theirs: dict[str, Any], ours: dict[str, Any], word: str) -> None:
    counts, unlike = compare.against_exiftool({"a": analysis(**ours)}, {"a": theirs})
    assert counts["make"] == {word: 1}
    assert bool(unlike) == (word not in ("nothing", "agree"))


def test_moments_orientations_and_places_are_compared_by_what_they_mean() -> None:
    ours = analysis(
        exif={"make": None, "taken_at": "2024-06-21T23:59:58"},
        image={"format": "jpeg", "orientation": 6},
        privacy={"has_gps": True, "gps": None},
    )
    theirs = {"ExifIFD:CreateDate": "2024:06:21 23:59:58.25", "IFD0:Orientation": 6, "GPS:GPSLatitude": 0}
    counts, unlike = compare.against_exiftool({"a": ours, "b": failed("corrupt_image")}, {"a": theirs})
    assert unlike == []
    assert [counts[fact] for fact in ("taken_at", "orientation", "gps")] == [{"agree": 1}] * 3
    assert compare.against_exiftool({"a": analysis()}, {"a": {"IFD0:Orientation": 1}})[1] == []


def test_an_answer_of_exiftool_counts_in_the_groups_of_a_fact_alone() -> None:
    assert peers.fact({"IFD1:Orientation": 6}, "orientation") is None
    assert peers.fact({"GPS:GPSLatitude": 0}, "gps") is True


def test_every_difference_between_two_trees_has_a_class() -> None:
    before = {"a": analysis(), "b": failed("corrupt_image"), "c": analysis(), "d": analysis()}
    after = {
        "a": analysis(privacy={"has_gps": True, "gps": None}, warnings=["gps_unreadable"]),
        "b": analysis(),
        "c": analysis(),
        "e": analysis(),
    }
    assert {title.partition(":")[0]: names for title, names in compare.differences(before, after).items()} == {
        "place": ["a"],
        "warnings": ["a"],
        "verdict": ["b"],
        "file": ["d", "e"],
    }


def test_a_difference_that_no_class_covers_is_told_as_unexplained() -> None:
    found = compare.differences({"a": analysis()}, {"a": analysis(schema=2)})
    assert found == {"unexplained: schema": ["a"]}
