"""XMP is read by a parser that expands nothing, and fills in what EXIF leaves out."""

import pytest

from shared.analysis.metadata import xmp
from tests.unit.analysis.metadata import files

URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def packet(inside: str) -> bytes:
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description {inside}</rdf:RDF></x:xmpmeta>'.encode()


def test_attributes_elements_and_items_of_lists_are_properties() -> None:
    body = packet(
        'tiff:Make="A"><tiff:Model>B</tiff:Model><e:ISO><rdf:Seq><rdf:li>100</rdf:li></rdf:Seq></e:ISO></rdf:Description>'
    )
    found = [(each.prefix, each.name, each.value) for each in xmp.properties(body)[0]]
    assert found[1:] == [("tiff", "Make", "A"), ("tiff", "Model", "B"), ("e", "ISO", "100")]


def test_what_exif_leaves_out_xmp_fills_in() -> None:
    given = 'tiff:Make="Canon" tiff:Model="EOS" aux:Lens="EF" exif:DateTimeOriginal="2024-06-21T23:59:58+02:00" '
    given += 'exif:ExposureTime="1/200" exif:FNumber="18/10" exif:FocalLength="50/1" exif:FocalLengthIn35mmFilm="80"'
    data = files.jpeg(
        (0xE1, b"Exif\0\0" + files.block((files.MODEL, files.ASCII, 6, b"EOS R6"))),
        (0xE1, files.XMP_HEAD + packet(f'{given} xmp:CreatorTool="Darktable"/>')),
    )
    exif = files.read_metadata(data).exif
    assert (exif["make"], exif["model"], exif["lens"], exif["software"]) == ("Canon", "EOS R6", "EF", "Darktable")
    assert (exif["taken_at"], exif["taken_at_offset"]) == ("2024-06-21T23:59:58", "+02:00")
    assert (exif["exposure_s"], exif["f_number"], exif["focal_mm"], exif["focal_35mm"]) == (0.005, 1.8, 50.0, 80)


def test_the_zone_of_another_moment_is_not_taken_over() -> None:
    shot = [(0x9003, files.ASCII, 20, b"2020:01:01 00:00:00\0")]
    data = files.jpeg(
        (0xE1, b"Exif\0\0" + files.block(shot=shot)),
        (0xE1, files.XMP_HEAD + packet('exif:DateTimeOriginal="2024-06-21T23:59:58+02:00"/>')),
    )
    assert files.read_metadata(data).exif["taken_at_offset"] is None


@pytest.mark.parametrize("value", ["1/0", "x", "1e9", "--1", "1/2/3", "", "9" * 40, "²", "1.2.3"])
def test_a_number_that_is_none_is_nothing(value: str) -> None:
    assert files.read_metadata(files.with_xmp(packet(f'exif:FNumber="{value}"/>'))).exif["f_number"] is None


def test_a_document_type_is_refused_with_all_its_entities() -> None:
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "'
        + "b" * 100
        + '">'
        + "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" if n else "&a;"}">' for n in range(9))
    )
    body = (bomb + ']><x tiff:Make="&a8;"/>').encode()
    assert xmp.properties(body) == ([], False)
    found = files.read_metadata(files.with_xmp(body))
    assert (found.exif["make"], found.warnings) == (None, ("xmp_unreadable",))


def test_a_packet_over_a_megabyte_is_not_parsed() -> None:
    assert xmp.properties(b"<a/>".ljust(xmp.MAX_PACKET_BYTES + 1)) == ([], False)


@pytest.mark.parametrize("padding", [b"", b"   \n", b"\0\0", b"<?xpacket end='w'?>"])
def test_padding_behind_a_packet_is_no_warning(padding: bytes) -> None:
    assert files.read_metadata(files.with_xmp(packet("/>") + padding)).warnings == ()


def test_a_packet_that_breaks_off_keeps_what_it_has_said_so_far() -> None:
    found = files.read_metadata(files.with_xmp(packet('tiff:Make="Canon"/>')[:-20]))
    assert (found.exif["make"], found.warnings) == ("Canon", ("xmp_unreadable",))


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_packet_may_be_in_any_encoding_of_unicode(code: str) -> None:
    body = packet('tiff:Make="Zeiß"/>').decode().encode(code)
    assert files.read_metadata(files.with_xmp(body)).exif["make"] == "Zeiß"
