"""HEIC and AVIF: boxes, brands and turns, judged before any codec sees them."""

import struct
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from PIL.AvifImagePlugin import AvifImageFile

from shared.analysis.decode import _UPRIGHT
from shared.analysis.formats import heif, type_mismatch
from shared.analysis.formats.isobmff import brand
from shared.analysis.formats.picture import open_with
from shared.errors import ImageRejected
from tests.unit.analysis.pictures import Encode, Examine, header_facts, picture, pillow_facts, pixel, refusal, working
from tests.unit.analysis.test_analysis_formats_grid import box

DATA = Path(__file__).resolve().parents[2] / "data"


def track(handler: bytes, samples: int) -> bytes:
    table = box(b"stbl", box(b"stsz", struct.pack(">III", 0, 0, samples) + bytes(4 * samples)))
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13)) + box(b"minf", table)))


def heic(name: str) -> bytes:
    return (DATA / f"{name}.heic").read_bytes()


def patch(data: bytes, name: bytes, at: int, value: bytes) -> bytes:
    """Replace bytes behind the first box name."""
    start = data.index(name) + 4 + at
    return data[:start] + value + data[start + len(value) :]


def distance(left: Image.Image, right: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(left, right)).mean)


@pytest.mark.parametrize(
    ("major", "others", "expected"),
    [
        *[(name, b"", "heic") for name in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")],
        *[(b"avif", b"mif1heic", "avif"), (b"avis", b"msf1", "avif")],
        *[(b"mif1", b"mif1heic", "heic"), (b"mif1", b"miafavif", "avif"), (b"msf1", b"hevc", "heic")],
        *[(b"mif1", b"heicavif", "heic"), (b"mif1", b"mif1", None), (b"isom", b"avif", None), (b"jxl ", b"", None)],
    ],
)
def test_formats_are_told_by_the_major_brand_or_else_by_the_first_that_says_it(
    major: bytes, others: bytes, expected: str | None
) -> None:
    assert brand(box(b"ftyp", major + bytes(4) + others) + b"avif") == expected


@pytest.mark.parametrize("declared", ["image/heif", "image/heic-sequence", "image/heic"])
def test_both_names_of_heic_are_no_mismatch(declared: str) -> None:
    assert type_mismatch(declared, "image/heic") is False
    assert type_mismatch(declared, "image/avif") is True


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [("profile", "RGB", (64, 48)), ("turned", "RGB", (64, 48)), ("alpha", "RGBA", (64, 48)), ("odd", "RGB", (63, 47))],
)
def test_a_heic_header_tells_size_and_mode(name: str, mode: str, size: tuple[int, int], examine: Examine) -> None:
    report = examine(heic(name)).report
    facts = report["image"]
    assert (facts["mode"], facts["width_px"], facts["height_px"], facts["frames"]) == (mode, *size, 1)
    assert (facts["format"], facts["has_alpha"], report["source"]["mime"]) == ("heic", mode == "RGBA", "image/heic")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_avif_header_says_what_pillow_says(mode: str, encode: Encode, examine: Examine) -> None:
    data = encode(Image.linear_gradient("L").convert(mode).resize((70, 50)), "AVIF", alpha_premultiplied=False)
    assert header_facts(examine, data) == pillow_facts(data)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_every_turn_of_a_heic_is_told_and_made_once(quarters: int, mirrored: bool, examine: Examine) -> None:  # noqa: FBT001
    base = working(patch(heic("turned"), b"irot", 0, b"\0")).image
    data = patch(heic("mirrored" if mirrored else "turned"), b"irot", 0, bytes([quarters]))
    orientation = picture(data).orientation
    assert orientation == ((4, 5, 2, 7) if mirrored else (1, 8, 3, 6))[quarters]
    upright = base.transpose(_UPRIGHT[orientation]) if orientation > 1 else base
    assert distance(working(data).image, upright) < 2
    facts = examine(data).report["image"]
    assert (facts["width_px"], facts["height_px"]) == (64, 48)
    assert (facts["display_width_px"], facts["display_height_px"]) == ((64, 48) if orientation < 5 else (48, 64))


@pytest.mark.parametrize("value", range(1, 9))
def test_every_turn_of_an_avif_is_told_and_made_once(value: int, photo: Image.Image, encode: Encode) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = value, "Maker"
    data = encode(photo.resize((90, 60)), "AVIF", exif=exif, quality=95, subsampling="4:4:4")
    plain = working(encode(photo.resize((90, 60)), "AVIF", quality=95, subsampling="4:4:4")).image
    upright = plain.transpose(_UPRIGHT[value]) if value > 1 else plain
    assert (picture(data).orientation, working(data).image.size) == (value, upright.size)
    assert distance(working(data).image, upright) < 1


def test_what_the_camera_wrote_does_not_turn_an_image_that_has_no_turn(examine: Examine) -> None:
    still = patch(heic("turned"), b"irot", 0, b"\0")
    report = examine(still).report
    assert (report["image"]["orientation"], report["exif"]["software"]) == (
        1,
        examine(heic("turned")).report["exif"]["software"],
    )


def test_alpha_is_laid_over_white(encode: Encode) -> None:
    image = Image.new("RGBA", (64, 48), (255, 0, 0, 128))
    avif = encode(image, "AVIF", quality=100)
    assert (picture(avif).mode, picture(avif).has_alpha) == ("RGBA", True)
    assert max(abs(a - b) for a, b in zip(pixel(working(avif).image, (9, 9)), (255, 127, 127), strict=True)) < 4
    assert min(pixel(working(heic("alpha")).image, (0, 0))) > 245


def test_a_depth_map_is_no_alpha(examine: Examine) -> None:
    data = patch(heic("alpha"), b"auxC", 4, b"urn:mpeg:hevc:2015:auxid:2\0")
    facts = examine(data).report["image"]
    assert (facts["has_alpha"], facts["mode"]) == (False, "RGB")


def test_a_profile_is_found_as_it_is(encode: Encode) -> None:
    assert picture(heic("profile")).icc[36:40] == b"acsp"
    data = encode(Image.new("RGB", (9, 9)), "AVIF", icc_profile=picture(heic("profile")).icc)
    assert picture(data).icc == picture(heic("profile")).icc


@pytest.mark.parametrize(("name", "options"), [("TIFF", {}), ("AVIF", {"quality": 100, "subsampling": "4:4:4"})])
def test_colours_are_converted_by_the_profile(
    name: str, options: dict[str, object], samples: Path, encode: Encode, examine: Examine
) -> None:
    with Image.open(samples / "rocket.jpg") as opened:
        adobe_rgb = opened.info["icc_profile"]
    image = Image.new("RGB", (16, 16), (60, 160, 60))
    plain, converted = (
        bytes.fromhex(examine(encode(image, name, icc_profile=profile, **options)).report["color"]["mean"][1:])
        for profile in (b"", adobe_rgb)
    )
    assert abs(plain[0] - 60) <= 1
    assert converted[0] < 5  # the same numbers are a greener green in Adobe RGB


def test_of_an_avif_sequence_only_the_first_frame_counts(encode: Encode, examine: Examine) -> None:
    later = [Image.new("RGB", (32, 32), "#0000ff")] * 2
    report = examine(encode(Image.new("RGB", (32, 32), "#ff0000"), "AVIF", save_all=True, append_images=later)).report
    assert (report["image"]["animated"], report["image"]["frames"]) == (True, 3)
    assert report["color"]["mean"] in ("#fe0000", "#ff0000", "#ff0001")


def test_a_heic_with_a_track_counts_its_frames_and_shows_its_still_image(examine: Examine) -> None:
    movie = box(b"moov", track(b"soun", 99) + track(b"pict", 7) + track(b"auxv", 50))
    report = examine(heic("profile") + movie).report
    assert (report["image"]["animated"], report["image"]["frames"]) == (True, 7)
    assert report["hash"] == examine(heic("profile")).report["hash"]


def test_a_track_without_a_still_image_is_unsupported(examine: Examine) -> None:
    data = box(b"ftyp", b"hevc" + bytes(4) + b"msf1") + box(b"moov", track(b"pict", 7))
    assert refusal(examine, data) == "unsupported_format"


def test_broken_exif_fails_no_image_and_crashes_no_decoder(encode: Encode, examine: Examine) -> None:
    data = heic("turned")
    assert examine(patch(data, b"Exif", -2, b"\xff")).report["status"] == "ok"
    broken = encode(Image.new("RGB", (9, 9), "white"), "AVIF", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    at = broken.index(b"II*\0\x08")
    assert examine(broken[:at] + b"II*\0\xff\xff\xff\xff" + broken[at + 8 :]).report["status"] == "ok"


def test_a_size_that_the_pixels_do_not_have_is_no_way_past_the_gates(examine: Examine) -> None:
    assert refusal(examine, patch(heic("profile"), b"ispe", 4, struct.pack(">II", 16, 16))) == "corrupt_image"
    assert refusal(examine, patch(heic("profile"), b"ispe", 4, struct.pack(">II", 30_000, 30_000))) == "corrupt_image"


def test_a_decoder_s_own_bound_is_no_damage_of_the_file(examine: Examine) -> None:
    huge = patch(heic("profile"), b"ispe", 4, struct.pack(">II", 60_000, 60_000))
    assert refusal(examine, huge) == "unsupported_format"


def test_a_table_of_more_items_than_libavif_reads_at_once_is_unsupported(examine: Examine) -> None:
    entries = b"".join(struct.pack(">HHHII", number, 0, 1, 0, 1) for number in range(1, 2_500))
    table = box(b"iloc", b"\0\0\0\0\x44\0" + struct.pack(">H", 2_499) + entries)
    data = box(b"ftyp", b"avif" + bytes(4)) + box(b"meta", bytes(4) + table)
    with pytest.raises(ImageRejected, match="a table of its items has") as caught:
        examine(data)
    assert caught.value.code == "unsupported_format"


@pytest.mark.parametrize("name", [b"hvcC", b"pitm", b"meta", b"iprp", b"iloc"])
def test_a_heic_without_one_of_its_boxes_is_refused(name: bytes, examine: Examine) -> None:
    code = refusal(examine, patch(heic("profile"), name, -4, b"skip"))
    assert code == ("unsupported_format" if name == b"meta" else "corrupt_image")


@pytest.mark.case("images gain map", was="corrupt_image")
def test_a_decoder_gets_an_avif_as_it_is_since_its_brands_promise_what_it_has(
    encode: Encode, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, seen = encode(Image.new("RGB", (9, 9)), "AVIF", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"), list[bytes]()

    def note(plugin: type[AvifImageFile], data: bytes, name: str) -> AvifImageFile:
        seen.append(data)
        return open_with(plugin, data, name)

    monkeypatch.setattr(heif, "open_with", note)
    assert examine(data).report["status"] == "ok"
    assert seen == [data]


@pytest.mark.case("images sequence", was='corrupt_image "No moov box"')
@pytest.mark.parametrize("brands", [(b"mif1", b"msf1"), (b"heic", b"hevc")])
@pytest.mark.parametrize("movie", [b"", box(b"moov", track(b"pict", 7)), box(b"moov", b"junk")])
def test_a_still_beside_a_sequence_that_is_broken_or_missing_is_read(
    brands: tuple[bytes, bytes], movie: bytes, examine: Examine
) -> None:
    head = heic("profile").index(b"meta") - 4
    data = heic("profile")[:head].replace(*brands) + heic("profile")[head:] + movie
    assert brands[1] in data
    assert examine(data).report["hash"] == examine(heic("profile")).report["hash"]


@pytest.mark.case("images variants", was="corrupt_image")
def test_an_avif_that_its_decoder_is_too_strict_for_is_unsupported_and_one_that_is_cut_off_corrupt(
    encode: Encode, examine: Examine
) -> None:
    data = encode(Image.new("RGB", (90, 90)), "AVIF")
    assert refusal(examine, patch(data, b"ispe", -4, b"skip")) == "unsupported_format"
    assert refusal(examine, patch(data, b"ispe", -4, b"skip")[:-9]) == "corrupt_image"
