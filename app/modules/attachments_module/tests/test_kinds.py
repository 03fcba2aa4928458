"""The type of a file, by its first bytes: those that clients show, play and name differently."""

import io
import struct
import zipfile
from os import urandom

import pytest

from app.modules.attachments_module.services.kinds import sniff

_OFFICE = "application/vnd.openxmlformats-officedocument"
_DOCUMENT = "application/vnd.oasis.opendocument.text"


def boxes(brand: str, size: int, rest: bytes = b"") -> bytes:
    """Returns the beginning of an MP4 or HEIC file whose first box has this size."""
    return struct.pack(">I4s4sI", size, b"ftyp", brand.encode(), 0) + b"isom" * ((size - 16) // 4) + rest + urandom(200)


def packed(*names: str, mimetype: str | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, "hello " * 50)
    return file.getvalue()


def matroska(doctype: bytes, *codecs: bytes) -> bytes:
    head = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82"
    return head + bytes([0x80 + len(doctype)]) + doctype + b"\x42\x87\x81\x04\x42\x85\x81\x02" + b"\x86".join(codecs)


@pytest.mark.parametrize("size", [20, 24, 28, 32, 36])
@pytest.mark.parametrize(
    ("brand", "expected"),
    [
        ("isom", "video/mp4"),
        ("mp42", "video/mp4"),
        ("qt  ", "video/quicktime"),
        ("3gp4", "video/3gpp"),
        ("M4A ", "audio/mp4"),
        ("heic", "image/heic"),
        ("avif", "image/avif"),
    ],
)
def test_a_file_of_boxes_is_what_its_brand_says(brand: str, size: int, expected: str) -> None:
    assert sniff(boxes(brand, size)) == expected


def test_a_file_with_sound_only_is_audio() -> None:
    assert sniff(boxes("iso5", 24, b"\0\0\1\0moov....hdlr\0\0\0\0\0\0\0\0soun")) == "audio/mp4"
    assert sniff(boxes("iso5", 24, b"\0\0\1\0moov..hdlr\0\0\0\0\0\0\0\0vide..hdlr\0\0\0\0\0\0\0\0soun")) == "video/mp4"
    assert sniff(matroska(b"webm", b"A_OPUS")) == "audio/webm"
    assert sniff(matroska(b"webm", b"V_VP9", b"A_OPUS")) == "video/webm"
    assert sniff(matroska(b"matroska", b"A_OPUS")) == "video/x-matroska"


@pytest.mark.parametrize(("start", "length"), [(b"\xff\xfb\x90\x64", 417), (b"\xff\xf3\x84\xc4", 192)])
def test_music_without_a_title_is_audio(start: bytes, length: int) -> None:
    frame = start.ljust(length, b"\0")
    assert sniff(frame * 5) == "audio/mpeg"


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("first", ["TIT2", "TYER", "TCMP", ""])
def test_music_with_a_tag_is_audio_whatever_the_tag_begins_with(version: int, first: str) -> None:
    tag = b"ID3" + bytes([version, 0, 0, 0, 0, 0, 100]) + first.encode().ljust(100, b"\0")
    assert sniff(tag + b"\xff\xfb\x90\x64".ljust(417, b"\0") * 5) == "audio/mpeg"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (packed("a.txt", "b/c.txt"), "application/zip"),
        (packed("photo of a word/1.jpg"), "application/zip"),
        (packed("[Content_Types].xml", "word/document.xml"), f"{_OFFICE}.wordprocessingml.document"),
        (packed("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), f"{_OFFICE}.spreadsheetml.sheet"),
        (packed("_rels/.rels", "ppt/presentation.xml"), f"{_OFFICE}.presentationml.presentation"),
        (packed("content.xml", mimetype=_DOCUMENT), _DOCUMENT),
        (packed("META-INF/container.xml", mimetype="application/epub+zip"), "application/epub+zip"),
        (packed("index.html", mimetype="text/html"), "application/zip"),
        (packed("META-INF/MANIFEST.MF", "a.class"), "application/java-archive"),
        (packed("AndroidManifest.xml", "classes.dex"), "application/vnd.android.package-archive"),
    ],
)
def test_an_archive_is_what_is_in_it(data: bytes, expected: str) -> None:
    assert sniff(data) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ID3 tags are useful",
        "BM is the beginning of a bitmap",
        "P4",
        "MZ hello",
        "0123456789\n",
        "\ufeffс меткой порядка байтов",
        "семья 👨\u200d👩\u200d👧 и \u00adперенос",
        "function f() {}\n",
    ],
)
def test_text_is_text_however_it_begins(text: str) -> None:
    assert sniff(text.encode()) == "text/plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!DOCTYPE html><html>", "text/html"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        ('{"a": 1}', "application/json"),
        ("BEGIN:VCARD\nVERSION:3.0\n", "text/vcard"),
        ("%PDF-1.7\n", "application/pdf"),
    ],
)
def test_texts_with_a_type_of_their_own_have_it(text: str, expected: str) -> None:
    assert sniff(text.encode()) == expected
