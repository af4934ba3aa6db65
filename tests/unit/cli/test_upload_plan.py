import errno
import os
import sys
from pathlib import Path

import pytest

from shared.cli.upload_plan import NameMissing, plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with images, and a file that is none."""
    (tmp_path / "sub").mkdir()
    for name in ("b.JPG", "a.png", "notes.txt", "sub/c.webp"):
        (tmp_path / name).write_bytes(b"bytes")
    return tmp_path


def test_the_images_of_a_folder_are_called_by_their_paths_in_it(folder: Path) -> None:
    uploads = plan([str(folder)], prefix="2026/").uploads
    assert [each.name for each in uploads] == ["2026/a.png", "2026/b.JPG", "2026/sub/c.webp"]
    assert [each.content_type for each in uploads] == ["image/png", "image/jpeg", "image/webp"]


def test_a_file_that_is_named_is_uploaded_whatever_its_name_says(folder: Path) -> None:
    (upload,) = plan([str(folder / "notes.txt")]).uploads
    assert (upload.name, upload.content_type) == ("notes.txt", "text/plain")


def test_the_standard_input_needs_a_name() -> None:
    (upload,) = plan(["-"], name="cat.png").uploads
    assert (upload.path, upload.name, upload.source) == (None, "cat.png", "-")
    with pytest.raises(NameMissing):
        plan(["-"])


def test_the_second_file_of_one_name_is_refused(folder: Path) -> None:
    (folder / "sub" / "a.png").write_bytes(b"other")
    found = plan([str(folder / "a.png"), str(folder / "sub" / "a.png")])
    assert [each.path for each in found.uploads] == [folder / "a.png"]
    ((upload, why),) = found.refusals
    assert (upload.path, why) == (folder / "sub" / "a.png", f"{folder / 'a.png'} has the same name. Rename it.")


@pytest.mark.parametrize("name", ["50%41.png", "a\\b.png", "a./b.png", "a\x01.png", "a" * 1_025])
def test_a_name_that_no_image_can_have_is_refused_before_anything_is_sent(name: str) -> None:
    found = plan(["-"], name=name)
    assert (found.uploads, len(found.refusals)) == ([], 1)


def test_a_file_that_is_not_there_is_refused(folder: Path) -> None:
    ((upload, why),) = plan([str(folder / "absent.png")]).refusals
    assert (upload.name, why) == ("absent.png", "There is no such file.")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")
def test_what_is_named_like_an_image_and_is_no_plain_file_is_refused_and_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to("nowhere")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "sub" / "circle").symlink_to(folder)
    (folder / "folder.png").mkdir()
    found = plan([str(folder), str(folder / "pipe.png")])
    assert [each.name for each in found.uploads] == ["a.png", "b.JPG", "sub/c.webp"]
    assert [(upload.name, why) for upload, why in found.refusals] == [
        ("gone.png", "There is no such file."),
        ("loop.png", "The file can't be read: Too many levels of symbolic links."),
        ("pipe.png", "This is not a plain file."),
        ("pipe.png", "This is not a plain file."),
    ]


def test_a_folder_that_can_not_be_read_is_refused_and_not_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: str) -> object:
        if os.fspath(path).endswith("sub"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = plan([str(folder)])
    assert [each.name for each in found.uploads] == ["a.png", "b.JPG"]
    ((upload, why),) = found.refusals
    assert (upload.source, why) == (str(folder / "sub"), "The folder can't be read: Permission denied.")
