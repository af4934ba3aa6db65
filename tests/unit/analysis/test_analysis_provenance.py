"""Hints at how an image came about are found in every format, and nothing is parsed that could explode."""

import json
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from shared.analysis import Analysis
from shared.analysis.metadata.blocks import MAX_BLOCK_BYTES

Examine = Callable[..., Analysis]
Encoded = Callable[..., bytes]
URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/"
#: The outermost box of a manifest: jumb, and in it jumd of the type c2pa.
BOX = b"\0\0\1\0jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0"


def jpeg(encoded: Encoded, *segments: tuple[int, bytes]) -> bytes:
    data = encoded(Image.new("RGB", (16, 16)), "JPEG")
    added = b"".join(struct.pack(">BBH", 0xFF, code, len(body) + 2) + body for code, body in segments)
    return data[:2] + added + data[2:]


def webp(encoded: Encoded, *chunks: tuple[bytes, bytes]) -> bytes:
    data = encoded(Image.new("RGB", (16, 16)), "WEBP")[12:]
    data += b"".join(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in chunks)
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def text(keyword: bytes, body: bytes) -> tuple[bytes, bytes]:
    return (b"tEXt", keyword + b"\0" + body)


@pytest.fixture
def found(examine: Examine) -> Callable[[bytes], tuple[bool, str | None]]:
    """Bytes in; whether there is a manifest, and the hint, out."""

    def told(data: bytes) -> tuple[bool, str | None]:
        section = examine(data).report["provenance"]
        return section["c2pa_present"], section["ai_hint"]

    return told


def test_a_manifest_is_found_in_every_format(found: Callable[..., object], encoded: Encoded, png: Encoded) -> None:
    made = BOX + b"c2pa.actions" + URI + b"trainedAlgorithmicMedia"
    parts = ((0xEB, b"JP\0\1\0\0\0\1" + BOX), (0xEB, b"JP\0\1\0\0\0\2" + BOX[:8] + made[len(BOX) :]))
    assert found(jpeg(encoded, *parts)) == (True, "trainedAlgorithmicMedia")
    assert found(png((1, 1), 8, 0, b"\0", (b"caBX", made))) == (True, "trainedAlgorithmicMedia")
    assert found(webp(encoded, (b"C2PA", made))) == (True, "trainedAlgorithmicMedia")


def test_other_boxes_are_no_manifest(found: Callable[..., object], encoded: Encoded) -> None:
    assert found(jpeg(encoded, (0xEB, b"JP\0\1\0\0\0\1" + BOX.replace(b"jumdc2pa", b"jumdcbor")))) == (False, None)
    assert found(
        jpeg(encoded, (0xEB, b"JP")),
    ) == (False, None)
    assert found(jpeg(encoded, (0xE4, b"JP\0\1\0\0\0\1" + BOX))) == (False, None)


@pytest.mark.parametrize("code", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"])
@pytest.mark.parametrize("form", ['Iptc4xmpExt:DigitalSourceType="%s"', "<Iptc4xmpExt:DigitalSourceType>%s</"])
def test_the_source_type_of_iptc_is_found_in_xmp(
    code: str, form: str, found: Callable[..., object], encoded: Encoded, png: Encoded
) -> None:
    packet = (form % (URI.decode() + code)).encode()
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)
    assert found(jpeg(encoded, (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))) == (False, code)
    assert found(png((1, 1), 8, 0, b"\0", (b"iTXt", packed))) == (False, code)
    assert found(webp(encoded, (b"XMP ", packet))) == (False, code)


@pytest.mark.parametrize(("beyond", "hint"), [(0, "trainedAlgorithmicMedia"), (1, None)])
def test_a_block_of_metadata_over_a_megabyte_is_not_read(
    beyond: int, hint: str | None, found: Callable[..., object], encoded: Encoded
) -> None:
    packet = b"trainedAlgorithmicMedia".ljust(MAX_BLOCK_BYTES + beyond)
    assert found(webp(encoded, (b"XMP ", packet))) == (False, hint)


@pytest.mark.parametrize(
    "code", ["digitalCapture", "algorithmicMedia", "trainedAlgorithmicMediaX", "untrainedAlgorithmicMedia"]
)
def test_a_source_type_that_names_no_model_is_no_hint(
    code: str, found: Callable[..., object], encoded: Encoded
) -> None:
    assert found(webp(encoded, (b"XMP ", URI + code.encode()))) == (False, None)


@pytest.mark.parametrize(
    ("chunk", "hint"),
    [
        (text(b"parameters", b"a cat\nSteps: 20, Sampler: Euler a"), "stable-diffusion-webui"),
        (text(b"parameters", b"a = 1"), None),
        (text(b"prompt", b'{"3": {"class_type": "KSampler"}}'), "comfyui"),
        (text(b"prompt", b"what a user has typed"), None),
        ((b"iTXt", b"workflow\0\0\0\0\0" + b'{"nodes": []}'), "comfyui"),
        ((b"zTXt", b"invokeai_metadata\0\0" + zlib.compress(b'{"seed": 1}')), "invokeai"),
        (text(b"Dream", b"a cat -s 50"), "invokeai"),
        (text(b"Software", b"NovelAI"), "novelai"),
        (text(b"Software", b"GIMP"), None),
        (text(b"Comment", b"Steps: 20"), None),
        ((b"zTXt", b"invokeai_metadata\0\0" + b"no zlib"), None),
        ((b"tEXt", b"no end of the keyword"), None),
        ((b"iTXt", b"workflow\0"), None),
    ],
)
def test_the_notes_of_generators_are_found_in_png(
    chunk: tuple[bytes, bytes], hint: str | None, found: Callable[..., object], png: Encoded
) -> None:
    assert found(png((1, 1), 8, 0, b"\0", chunk)) == (False, hint)


def test_a_bomb_in_a_text_or_a_profile_is_inflated_to_a_bound(
    found: Callable[..., object], examine: Examine, png: Encoded
) -> None:
    bomb = zlib.compress(bytes(16 << 20))
    hidden = zlib.compress(bytes(2 << 20) + b"trainedAlgorithmicMedia")
    chunks = [(b"zTXt", b"prompt\0\0" + bomb), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + hidden)] * 3
    assert found(png((1, 1), 8, 0, b"\0", *chunks)) == (False, None)
    assert examine(png((1, 1), 8, 0, b"\0", (b"iCCP", b"x\0\0" + bomb))).report["image"]["icc"] is None


def test_entities_in_xmp_are_not_expanded(found: Callable[..., object], encoded: Encoded) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + URI + b'trained"><!ENTITY b "&a;&a;">]><x y="&b;AlgorithmicMedia"/>'
    assert found(webp(encoded, (b"XMP ", bomb))) == (False, None)


def test_prompts_stand_nowhere_in_a_report(examine: Examine, png: Encoded) -> None:
    report = examine(png((1, 1), 8, 0, b"\0", text(b"parameters", b"secret words\nSteps: 20"))).report
    assert "secret" not in json.dumps(report)
