"""Small plots and blurred pictures: they say in words what they show, and take whatever they are given."""

import json

import pytest
from PIL import Image

from shared.analysis.analyzers.placeholder import blurhash
from tests.unit.dashboard.browser import Browser

PLOTS = """const page = new Page(), plots = await page.module("plots.js");
           const shapes = (node, name) => [...node.querySelectorAll(name)];"""
WILD = '[NaN, Infinity, -1, null, undefined, "7", {}, [], 3]'


def gradient() -> Image.Image:
    """Return a picture that a BlurHash holds well: red grows to the right, blue downwards."""
    image = Image.new("RGB", (32, 32))
    image.putdata([(60 + 4 * x, 90, 40 + 5 * y) for y in range(32) for x in range(32)])
    return image


def test_a_blurhash_of_ours_is_decoded_to_nearly_the_picture_that_it_was_made_of(page: Browser) -> None:
    image = gradient()
    pixels = page.run(
        f"""const {{ pixelsOf }} = await new Page().module("blurhash.js");
            return [...pixelsOf({json.dumps(blurhash(image))}, 32, 32)];"""
    )
    again = Image.frombytes("RGBA", (32, 32), bytes(pixels)).convert("RGB")
    spots = [(x, y) for x in (4, 16, 26) for y in (4, 16, 26)]
    far = max(abs(a - b) for at in spots for a, b in zip(_pixel(image, at), _pixel(again, at), strict=True))
    assert far <= 24


def _pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    return tuple(image.crop((*at, at[0] + 1, at[1] + 1)).tobytes())


@pytest.mark.parametrize("hash_", ["", "zz", "L" * 27, "€" * 28, "x" * 4000, 7, None, [], {"length": 28}])
def test_what_is_no_blurhash_is_not_painted(page: Browser, hash_: object) -> None:
    result = page.run(
        f"""const {{ paint }} = await new Page().module("blurhash.js"), brush = {{ createImageData: null }};
            return paint({{ width: 8, height: 8, getContext: () => brush }}, {json.dumps(hash_)});"""
    )
    assert result is False


def test_a_canvas_without_a_brush_is_left_alone(page: Browser) -> None:
    result = page.run(
        f"""const {{ paint }} = await new Page().module("blurhash.js"), hash = {json.dumps(blurhash(gradient()))};
            let size = null;
            const brush = {{ createImageData: (width, height) => ({{ data: new Uint8Array(4 * width * height) }}),
              putImageData: (image) => {{ size = image.data.length; }} }};
            const canvas = (context) => ({{ width: 4, height: 3, getContext: () => context }});
            return [paint(canvas(null), hash), paint(canvas(brush), hash), size];"""
    )
    assert result == [False, True, 48]


def test_each_plot_is_an_image_with_a_sentence_for_who_can_not_see_it(page: Browser) -> None:
    result = page.run(
        f"""{PLOTS} const sentence = "what <b>it</b> says";
            return [plots.gauge(0.5, {{ sentence }}), plots.share(0.5, {{ sentence }}),
              plots.spans([], {{ sentence, from: 0, to: 1 }}), plots.columns([], {{ sentence, kinds: [] }}),
              plots.lines([], {{ sentence }})].map((node) => [node.getAttribute("role"),
              node.getAttribute("aria-label"), node.querySelector("title").textContent]);"""
    )
    assert result == [["img", "what <b>it</b> says", "what <b>it</b> says"]] * 5


def test_plots_take_numbers_and_leave_out_whatever_else_stands_among_them(page: Browser) -> None:
    result = page.run(
        f"""{PLOTS} const wild = {WILD}, options = {{ sentence: "s", kinds: ["a"], from: 0, to: NaN }};
            const all = [...wild.map((one) => plots.gauge(one, options)),
              ...wild.map((one) => plots.share(one, options)), plots.lines([{{ values: wild }}], options),
              plots.columns(wild.map((one) => [one]), options),
              plots.spans(wild.map((one) => ({{ from: one, to: one }})), options)];
            const written = (node) => shapes(node, "rect, polyline").flatMap((one) => [...one.attributes]);
            const isWild = ({{ value }}) => /NaN|Infinity|undefined|object/.test(value);
            return all.flatMap(written).filter(isWild).length;"""
    )
    assert result == 0


def test_columns_stand_on_each_other_and_the_highest_fills_the_plot(page: Browser) -> None:
    result = page.run(
        f"""{PLOTS} const node = plots.columns([[1, 1], [4, 0]], {{ sentence: "s", kinds: ["good", "bad"] }});
            return shapes(node, "rect").map((one) => [one.getAttribute("class"),
              Number(one.getAttribute("y")), Number(one.getAttribute("height"))]);"""
    )
    assert result == [["bar good", 30.5, 9.5], ["bar bad", 21, 9.5], ["bar good", 2, 38]]


def test_a_line_has_a_gap_where_nothing_was_measured(page: Browser) -> None:
    result = page.run(
        f"""{PLOTS} const node = plots.lines([{{ values: [1, 2, null, 3] }}], {{ sentence: "s" }});
            return shapes(node, "polyline").length;"""
    )
    assert result == 2
