"""Our BlurHash is that of its authors, character by character."""

from itertools import chain
from pathlib import Path

import blurhash as reference
import pytest
from PIL import Image

from shared.analysis.analyzers.placeholder import _BORDERS, _LIGHTS, blurhash
from shared.analysis.decode import fit_size, miniature


def by_reference(small: Image.Image) -> str:
    rows = [[small.getpixel((x, y)) for x in range(small.width)] for y in range(small.height)]
    return str(reference.encode(rows, 4, 3))


def test_black_is_a_hash_that_can_be_worked_out_by_hand() -> None:
    # 4 x 3 components: (4 - 1) + (3 - 1) x 9 = 21 is L; no waves: 0; colour 0: 0000; 9 of 19 steps, thrice: 3429 is fQ.
    assert blurhash(miniature(Image.new("RGB", (60, 40), "#000000"))) == "L" + "0" + "0000" + 11 * "fQ"


@pytest.mark.parametrize("colour", ["#ffffff", "#808080", "#ff0000", "#0a0b0c"])
def test_one_colour_has_the_hash_of_the_reference(colour: str) -> None:
    assert blurhash(miniature(Image.new("RGB", (60, 40), colour))) == by_reference(Image.new("RGB", (32, 32), colour))


@pytest.mark.parametrize("name", ["cat.png", "coffee.webp", "retina.jpg", "rocket.jpg"])
def test_a_photograph_has_the_hash_of_the_reference(name: str, samples: Path) -> None:
    with Image.open(samples / name) as opened:
        small = opened.convert("RGB").resize((32, 32))
    assert blurhash(small) == by_reference(small)


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_the_hash_of_the_reference(seed: int) -> None:
    channels = [Image.effect_noise((32, 32), 20 * seed + 10) for _ in range(3)]
    small = Image.merge("RGB", channels)
    assert blurhash(small) == by_reference(small)


def test_the_strongest_waves_have_the_hash_of_the_reference() -> None:
    small = Image.new("RGB", (32, 32), "#ff0000")
    small.paste("#00ffff", (16, 0, 32, 32))
    assert blurhash(small) == by_reference(small)


def test_reducing_a_photograph_first_hardly_changes_what_is_shown(photo: Image.Image) -> None:
    large = photo.resize(fit_size((1024, 683), 1024))
    found, exact = (
        reference.decode(text, 8, 8) for text in (blurhash(miniature(large)), by_reference(photo.resize((150, 100))))
    )
    pairs = zip(chain(*found), chain(*exact), strict=True)
    assert max(abs(a - b) for left, right in pairs for a, b in zip(left, right, strict=True)) < 16


def test_light_and_its_borders_grow_and_enclose_each_other() -> None:
    assert (_LIGHTS[0], _LIGHTS[255], len(_BORDERS)) == (0, 1 << 20, 255)
    assert all(low < border < high for low, border, high in zip(_LIGHTS, _BORDERS, _LIGHTS[1:], strict=False))
