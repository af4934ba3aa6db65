"""Hashes are figures of theory on made images, and the same on every machine on photographs."""

import json
import math
import random
from pathlib import Path

import pytest
from PIL import Image

from shared.analysis import Options
from shared.analysis.analyzers.hash import _low_frequencies, hashes
from tests.unit.analysis.pictures import Encode, Examine

#: dhash and phash (hash_size 8) as ImageHash 4.3.2 computes them with Pillow 13.0.0 and scipy 1.17.1; kept here, since
#: these take longer to install than all other tools together.
IMAGEHASH = {
    "cat.png": ("5414589aab6fa785", "b15fe6465121175e"),
    "coffee.webp": ("f3e96933160b1b36", "bb8320376c0f3637"),
    "retina.jpg": ("f0c4828888c2c4f0", "c0cc1f977ac02d4f"),
    "rocket.jpg": ("e0c0c090909090d1", "c0371bec1be51267"),
}
CROPS = json.loads((Path(__file__).resolve().parents[2] / "data" / "imagehash.json").read_text("ascii"))


def distance(left: str, right: str) -> int:
    return (int(left, 16) ^ int(right, 16)).bit_count()


@pytest.mark.parametrize("name", IMAGEHASH)
def test_photographs_hash_as_with_imagehash_on_every_supported_python(
    name: str, samples: Path, examine: Examine
) -> None:
    found = examine((samples / name).read_bytes(), thumbnail=None).report["hash"]
    assert (found["dhash"], found["phash"]) == IMAGEHASH[name]


def test_crops_hash_within_two_bits_of_imagehash(samples: Path, examine: Examine, encode: Encode) -> None:
    far = []
    for name, crops in CROPS.items():
        with Image.open(samples / name) as opened:
            grey = opened.convert("L")
        for x, y, width, height, *wanted in crops:
            data = encode(grey.crop((x, y, x + width, y + height)), "BMP")
            found = examine(data, thumbnail=None, options=Options(analyzers=("hash",))).report["hash"]
            far += [distance(found[kind], want) for kind, want in zip(("dhash", "phash"), wanted, strict=True)]
    assert len(far) == 240
    assert max(far) <= 2


def test_a_ramp_that_brightens_has_all_dhash_bits_and_one_that_darkens_none() -> None:
    ramp = Image.linear_gradient("L").rotate(90)
    assert hashes(ramp)["dhash"] == "f" * 16
    assert hashes(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT))["dhash"] == "0" * 16


def test_the_first_row_of_a_dhash_is_its_highest_byte() -> None:
    image = Image.new("L", (9, 8), 0)
    image.paste(Image.linear_gradient("L").rotate(90).resize((9, 1)), (0, 0))
    assert hashes(image)["dhash"] == "ff" + "00" * 7


def test_a_flat_image_has_no_frequency_but_the_mean() -> None:
    assert hashes(Image.new("L", (32, 32), 100)) == {"dhash": "0" * 16, "phash": "8" + "0" * 15}
    assert hashes(Image.new("L", (32, 32), 0)) == {"dhash": "0" * 16, "phash": "0" * 16}


def test_the_integer_transform_is_a_dct_ii() -> None:
    pixels = random.Random(1).randbytes(1024)

    def dct(down: int, right: int) -> float:
        waves = [[math.cos(math.pi * k * (2 * n + 1) / 64) for n in range(32)] for k in (down, right)]
        return sum(pixels[32 * y + x] * waves[0][y] * waves[1][x] for y in range(32) for x in range(32))

    found = [value / 2**40 for value in _low_frequencies(pixels)]
    assert all(
        found[8 * down + right] == pytest.approx(dct(down, right), abs=0.05) for down in (0, 3) for right in (0, 7)
    )


def test_a_wave_has_its_frequency_as_the_only_coefficient_beside_the_mean() -> None:
    pixels = bytes(round(128 + 100 * math.cos(math.pi * 3 * (2 * x + 1) / 64)) for _ in range(32) for x in range(32))
    found = [value / 2**40 for value in _low_frequencies(pixels)]
    assert sorted(range(64), key=lambda index: -abs(found[index]))[:2] == [0, 3]
    assert found[3] == pytest.approx(100 * 16 * 32, rel=0.01)
    assert max(abs(value) for value in found[8:]) < 1


def test_near_duplicates_are_near_and_other_photographs_are_far(
    photo: Image.Image, encode: Encode, examine: Examine
) -> None:
    original = IMAGEHASH["cat.png"][1]
    for copy in (photo.resize((225, 150)), photo.convert("L"), photo.point(lambda value: min(255, value * 5 // 4))):
        assert distance(original, examine(encode(copy, "JPEG", quality=60)).report["hash"]["phash"]) <= 6
    others = [pair[1] for name, pair in IMAGEHASH.items() if name != "cat.png"]
    assert min(distance(original, other) for other in others) >= 16


def test_hashes_do_not_depend_on_the_colour_profile(
    photo: Image.Image, samples: Path, encode: Encode, examine: Examine
) -> None:
    with Image.open(samples / "rocket.jpg") as opened:
        profile = opened.info["icc_profile"]
    tagged = examine(encode(photo, "PNG", icc_profile=profile)).report
    assert tagged["hash"] == examine(encode(photo, "PNG")).report["hash"]
