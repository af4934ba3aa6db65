from pathlib import Path, PurePosixPath

import pytest

from localhost.run import blob_names


def names_of(*paths: str) -> list[str]:
    return list(blob_names.blob_names([PurePosixPath(path) for path in paths]).values())


def test_a_blob_is_called_like_its_file() -> None:
    assert names_of("/photos/cat.png", "/other/Größe 東京 #1.jpg") == ["cat.png", "Größe 東京 #1.jpg"]


def test_files_of_one_name_take_in_folders_until_they_differ() -> None:
    assert names_of("/x/a/cat.png", "/x/b/cat.png", "/x/dog.png") == ["a/cat.png", "b/cat.png", "dog.png"]
    assert names_of("/1/same/cat.png", "/2/same/cat.png") == ["1/same/cat.png", "2/same/cat.png"]


def test_a_file_at_the_root_has_no_folder_to_take_in() -> None:
    assert names_of("/cat.png", "/a/cat.png") == ["cat.png", "a/cat.png"]


def test_a_folder_taken_in_may_clash_again() -> None:
    found = names_of("/x/a/cat.png", "/y/a/cat.png", "/z/b/cat.png")
    assert found == ["x/a/cat.png", "y/a/cat.png", "b/cat.png"]


def test_names_differ_in_more_than_case_and_unicode_form() -> None:
    assert names_of("/a/Cat.PNG", "/b/cat.png") == ["a/Cat.PNG", "b/cat.png"]
    assert names_of("/a/caf\u00e9.png", "/b/cafe\u0301.png") == ["a/caf\u00e9.png", "b/cafe\u0301.png"]
    assert names_of("/a/Cat.PNG", "/a/cat.png") == ["a/Cat.PNG", "2/a/cat.png"]


def test_bytes_that_are_no_text_can_still_be_a_name() -> None:
    assert names_of("/a/\udcff.png") == ["\ufffd.png"]


def test_a_file_named_twice_is_one_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert blob_names.unique([Path("a.png"), tmp_path / "a.png", Path("sub/../a.png")]) == [
        tmp_path.resolve() / "a.png"
    ]


def test_a_folder_gives_the_images_directly_in_it(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    for name in ("b.JPG", "a.avif", "LICENSES.md", "broken/c.png"):
        (tmp_path / name).write_bytes(b"")
    assert blob_names.images_in(tmp_path) == [tmp_path / "a.avif", tmp_path / "b.JPG"]
