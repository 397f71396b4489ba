"""Files that people send: what they claim to be is checked against what they are."""

import re
import unicodedata
import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "txt": "text/plain",
    "jsonl": "application/jsonl",
    "png": "image/png",
    "jpg": "image/jpeg",
}
_SAME = {"jpeg": "jpg", "ndjson": "jsonl"}
_OFFICE_PART = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
_IMAGE_FORMAT = {"png": "PNG", "jpg": "JPEG"}
MAX_NAME = 120
MAX_PIXELS = 60_000_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS = 5_000
MAX_RATIO = 200  # unpacked to packed, looked at above 10 MB only: small repetitive sheets pack well
_CHUNK = 1024 * 1024


def clean_upload(
    file: UploadedFile, kinds: Collection[str] = frozenset({"pdf", "xlsx", "csv", "png", "jpg", "docx"})
) -> UploadedFile:
    """Check a file's size, name and true content; returns it with a safe name, its true content type and the
    position at the start.

    Raises ValidationError for an empty or too large file, a kind that is not in `kinds`, content that is not
    what the name says, macros, and archives that unpack to far more than they are.
    """
    name = clean_name(file.name)
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    kind = _SAME.get(suffix, suffix)
    if kind not in kinds:
        raise ValidationError(
            _("“%(name)s” cannot be taken: send one of these kinds of file: %(kinds)s."),
            code="kind",
            params={"name": name, "kinds": ", ".join(sorted(kinds))},
        )
    if not file.size:
        raise ValidationError(_("“%(name)s” is empty."), code="empty", params={"name": name})
    if file.size > settings.MAX_UPLOAD_BYTES:
        raise ValidationError(
            _("“%(name)s” is too large: %(size)s, and at most %(limit)s is possible."),
            code="size",
            params={
                "name": name,
                "size": filesizeformat(file.size),
                "limit": filesizeformat(settings.MAX_UPLOAD_BYTES),
            },
        )
    file.seek(0)
    if not _is_really(file, kind):
        raise ValidationError(
            _(
                "“%(name)s” is not a sound %(kind)s file, whatever its name says. Save it anew and send it again."
            ),
            code="content",
            params={"name": name, "kind": kind.upper()},
        )
    file.seek(0)
    file.name, file.content_type = name, TYPES[kind]
    return file


def clean_name(name: str) -> str:
    """A file name without folders, control characters and signs that mean something to a file system."""
    plain = unicodedata.normalize("NFC", name or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C")
    plain = re.sub(r'[<>:"|?*]+', "_", plain).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or not stem:
        return plain[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(suffix) - 1]}.{suffix}"


def _is_really(file: UploadedFile, kind: str) -> bool:
    if kind in _OFFICE_PART:
        return _is_office(file, _OFFICE_PART[kind])
    if kind in _IMAGE_FORMAT:
        return _is_image(file, _IMAGE_FORMAT[kind])
    if kind == "pdf":
        head = file.read(1024)
        file.seek(max(0, file.size - 2048))
        return head.lstrip().startswith(b"%PDF-") and b"%%EOF" in file.read()
    return _is_text(file)


def _is_text(file: UploadedFile) -> bool:
    """UTF-8 (with or without a mark) or GB 18030, which spreadsheets in China write; no control bytes."""
    data = file.read()
    if re.search(rb"[\x00-\x08\x0e-\x1f]", data):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _is_image(file: UploadedFile, wanted: str) -> bool:
    """Read by Pillow, of the wanted format, and not larger than MAX_PIXELS when unpacked."""
    try:
        with Image.open(file, formats=[wanted]) as image:  # reads the header only
            if image.width * image.height > MAX_PIXELS:
                return False
            image.verify()
    except Exception:  # Pillow raises what its parts raise: a broken file has many faces
        return False
    return True


def _is_office(file: UploadedFile, part: str) -> bool:
    """An Office archive with its main part, no macros, no entity tricks, that unpacks to a sane size."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            names = {info.filename for info in infos}
            unpacked = sum(info.file_size for info in infos)
            packed = sum(info.compress_size for info in infos) or 1
            if len(infos) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
                return False
            if unpacked > 10 * _CHUNK and unpacked / packed > MAX_RATIO:
                return False
            if any(info.flag_bits & 1 for info in infos) or any("vbaProject" in name for name in names):
                return False
            if not {"[Content_Types].xml", part} <= names:
                return False
            return not any(
                _declares_entities(archive, info)
                for info in infos
                if info.filename.endswith((".xml", ".rels"))
            )
    except (
        Exception
    ):  # so does the archive's reader: broken headers, a torn stream, a way of packing that is not known
        return False


def _declares_entities(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Office never writes a document type; whoever does wants entities to blow up in the reader."""
    tail = b""
    with archive.open(info) as part:
        while chunk := part.read(_CHUNK):
            if b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk:
                return True
            tail = chunk[-16:]
    return False
