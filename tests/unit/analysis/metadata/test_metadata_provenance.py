"""Hints at how an image came about are found in every format."""

import json
import zlib
from dataclasses import asdict

import pytest

from shared.analysis.metadata.blocks import MAX_BLOCK_BYTES
from tests.unit.analysis.metadata import files
from tests.unit.analysis.pictures import Examine

URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/"
#: The outermost box of a manifest: jumb, and in it jumd of the type c2pa.
BOX = b"\0\0\1\0jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0"
MADE = BOX + b"c2pa.actions" + URI + b"trainedAlgorithmicMedia"


def provenance(data: bytes) -> tuple[bool, str | None]:
    section = files.read_metadata(data).provenance
    return section["c2pa_present"], section["ai_hint"]


def text(keyword: bytes, body: bytes) -> tuple[bytes, bytes]:
    return (b"tEXt", keyword + b"\0" + body)


@pytest.mark.parametrize(
    "data",
    [
        files.jpeg((0xEB, b"JP\0\1\0\0\0\1" + BOX), (0xEB, b"JP\0\1\0\0\0\2" + BOX[:8] + MADE[len(BOX) :])),
        files.jpeg((0xEB, b"JP\0\1\0\0\0\1" + MADE[:-9]), (0xEB, b"JP\0\1\0\0\0\2" + BOX[:8] + MADE[-9:])),
        files.png((b"caBX", MADE)),
        files.webp((b"C2PA", MADE)),
        files.plain("GIF") + MADE,
        files.plain("AVIF") + b"\0\0\1\0uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + MADE,
    ],
    ids=["JPEG", "JPEG, a word cut in two", "PNG", "WebP", "GIF", "AVIF"],
)
def test_a_manifest_is_found_in_every_format(data: bytes, examine: Examine) -> None:
    expected = {"c2pa_present": True, "ai_hint": "trainedAlgorithmicMedia"}
    assert (files.read_metadata(data).provenance, examine(data).report["provenance"]) == (expected, expected)


@pytest.mark.parametrize(
    "segment",
    [(0xEB, b"JP\0\1\0\0\0\1" + BOX.replace(b"jumdc2pa", b"jumdcbor")), (0xEB, b"JP"), (0xE4, b"JP\0\1\0\0\0\1" + BOX)],
)
def test_other_boxes_are_no_manifest(segment: tuple[int, bytes]) -> None:
    assert provenance(files.jpeg(segment)) == (False, None)


@pytest.mark.parametrize("code", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"])
@pytest.mark.parametrize("form", ['Iptc4xmpExt:DigitalSourceType="%s"', "<Iptc4xmpExt:DigitalSourceType>%s</"])
def test_the_source_type_of_iptc_is_found_in_xmp(code: str, form: str) -> None:
    packet = (form % (URI.decode() + code)).encode()
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)
    assert provenance(files.with_xmp(packet)) == (False, code)
    assert provenance(files.png((b"iTXt", packed))) == (False, code)
    assert provenance(files.webp((b"XMP ", packet))) == (False, code)


@pytest.mark.parametrize(("beyond", "hint"), [(0, "trainedAlgorithmicMedia"), (1, None)])
def test_a_packet_over_a_megabyte_is_not_looked_at_for_hints(beyond: int, hint: str | None) -> None:
    packet = b"trainedAlgorithmicMedia".ljust(MAX_BLOCK_BYTES + beyond)
    assert provenance(files.webp((b"XMP ", packet))) == (False, hint)


@pytest.mark.parametrize(
    "code", [b"digitalCapture", b"algorithmicMedia", b"trainedAlgorithmicMediaX", b"untrainedAlgorithmicMedia"]
)
def test_a_source_type_that_names_no_model_is_no_hint(code: bytes) -> None:
    assert provenance(files.with_xmp(URI + code)) == (False, None)


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
def test_the_notes_of_generators_are_found_in_png(chunk: tuple[bytes, bytes], hint: str | None) -> None:
    found = {behind: provenance(files.png(chunk, behind=behind)) for behind in (False, True)}
    assert found == dict.fromkeys((False, True), (False, hint))


def test_a_hint_behind_megabytes_of_a_packed_text_is_not_read(examine: Examine) -> None:
    bomb, hidden = zlib.compress(bytes(16 << 20)), zlib.compress(bytes(2 << 20) + b"trainedAlgorithmicMedia")
    chunks = [(b"zTXt", b"prompt\0\0" + bomb), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + hidden)] * 3
    assert examine(files.png(*chunks)).report["provenance"] == {"c2pa_present": False, "ai_hint": None}
    assert examine(files.png((b"iCCP", b"x\0\0" + bomb))).report["image"]["icc"] is None


def test_entities_in_xmp_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + URI + b'trained"><!ENTITY b "&a;&a;">]><x y="&b;AlgorithmicMedia"/>'
    assert provenance(files.with_xmp(bomb)) == (False, None)


def test_prompts_stand_nowhere_in_what_is_told(examine: Examine) -> None:
    data = files.png(text(b"parameters", b"secret words\nSteps: 20"), text(b"Comment", b"secret words"))
    assert "secret" not in json.dumps(asdict(files.read_metadata(data)))
    assert "secret" not in json.dumps(examine(data).report)
