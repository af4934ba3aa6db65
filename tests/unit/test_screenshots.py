"""The pictures of docs/images, which `python3 dev.py browser --screenshots` makes."""

import re
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGES = sorted((ROOT / "docs" / "images").glob("dashboard-*.webp"))
LOOKS, MOST_BYTES = ("light", "dark", "phone"), 60_000


def test_every_page_of_the_dashboard_is_shown_in_each_look() -> None:
    pages = {path.stem for path in (ROOT / "shared/http/dashboard/js/pages").glob("*.js")}
    assert {image.stem for image in IMAGES} == {f"dashboard-{page}-{look}" for page, look in product(pages, LOOKS)}
    shown = re.findall(r"\]\(images/([\w-]+\.webp)\)", (ROOT / "docs" / "dashboard.md").read_text("utf-8"))
    assert sorted(shown) == [image.name for image in IMAGES]


def test_no_picture_is_larger_than_the_first_page_may_be() -> None:
    assert [image.name for image in IMAGES if image.stat().st_size > MOST_BYTES] == []


def test_the_readme_begins_with_one_of_them() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:24])
    assert re.findall(r"\]\(docs/images/([\w-]+\.webp)\)", first_screen) == ["dashboard-images-light.webp"]
