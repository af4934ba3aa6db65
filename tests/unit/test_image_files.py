import pytest

from shared.rules.image_files import content_type, is_image


@pytest.mark.parametrize(
    ("name", "declared"),
    [("a.HEIC", "image/heic"), ("b/c.webp", "image/webp"), ("x.txt", "text/plain"), ("x", "application/octet-stream")],
)
def test_the_declared_type_follows_the_name(name: str, declared: str) -> None:
    assert (content_type(name), is_image(name)) == (declared, declared.startswith("image/"))
