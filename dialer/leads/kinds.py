"""What kind of file it is, told by its content and never by its name."""

import io
import struct
import zipfile
from enum import StrEnum
from pathlib import Path

from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.table import Limits, too_large

MAX_ZIP_ENTRIES = 10_000
SAVE_AS_CSV = 'Open it in the spreadsheet and save it as "CSV UTF-8".'

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB_PAGE = "a web page, whatever its name says"
_TEXT_FORMATS = {
    b"<html": _WEB_PAGE,
    b"<table": _WEB_PAGE,
    b"<!doctype": _WEB_PAGE,
    b"<head": _WEB_PAGE,
    b"<body": _WEB_PAGE,
    b"<meta": _WEB_PAGE,
    b"<style": _WEB_PAGE,
    b"<div": _WEB_PAGE,
    b"<!--": _WEB_PAGE,
    b"<?xml": "an XML file",
    b"{\\rtf": "a text document (RTF)",
    b'{"': "a JSON file",
    b"[{": "a JSON file",
    b"begin:vcard": "a file of contact cards (vCard)",
}
_BINARIES = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"II*\x00": "a picture",
    b"MM\x00*": "a picture",
    b"\x1f\x8b": "compressed (gzip)",
    b"BZh": "compressed (bzip2)",
    b"\xfd7zXZ": "compressed (xz)",
    b"(\xb5/\xfd": "compressed (zstd)",
    b"7z\xbc\xaf": "an archive (7z)",
    b"Rar!": "an archive (RAR)",
    b"PK\x05\x06": "an empty archive (ZIP)",
    b"SQLite format 3\x00": "a database",
    b"\x00\x01\x00\x00Standard ": "a database",
    b"PAR1": "a Parquet file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}
_OLD_SHEETS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")  # before Excel 5
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLE_BOOKS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


class Kind(StrEnum):
    """What can be read."""

    TEXT = "text"
    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"


def find_kind(path: Path, *, sample: bytes, limits: Limits) -> Kind:
    """Tell how the file is read; `sample` is its first 64 KiB.

    Raises:
        FileProblem: it is nothing that can be read here, or a workbook that is too large.
    """
    if sample.startswith(_ZIP):
        return _kind_of_zip(path, limits=limits)
    if sample.startswith(_OLE[:4]):
        return _kind_of_ole(path, limits=limits)
    if sample.startswith(_OLD_SHEETS):
        raise unsupported(path.name, "a workbook of a very old Excel")
    for start, what in _BINARIES.items():
        if sample.startswith(start):
            raise _not_text(path.name, what)
    _refuse_other_text(sample, name=path.name)
    _refuse_bytes(sample, name=path.name)
    return Kind.TEXT


def unsupported(
    name: str, what: str, *, why: str | None = None, fix: str = SAVE_AS_CSV
) -> FileProblem:
    """Make the problem of a table that cannot be read here."""
    return FileProblem(
        f"{name} is {what}.", code=FileProblemCode.UNSUPPORTED_FORMAT, why=why, fix=fix
    )


def password_protected(name: str) -> FileProblem:
    """Make the problem of a workbook that only its password opens."""
    return unsupported(
        name,
        "protected with a password",
        fix="Open it in the spreadsheet, remove the password, and save it again.",
    )


def damaged(name: str, *, why: str | None = None) -> FileProblem:
    """Make the problem of a workbook that breaks while it is read."""
    return unsupported(name, "a workbook that cannot be read", why=why or "It seems damaged.")


def _kind_of_zip(path: Path, *, limits: Limits) -> Kind:
    _check_workbook_size(path, limits=limits)
    _check_directory_length(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            mimetype = _mimetype(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise damaged(path.name, why="Its contents cannot be listed; it seems damaged.") from error
    names = {entry.filename.casefold().replace("\\", "/") for entry in entries}
    kind = _kind_of_names(names, mimetype=mimetype)
    if kind is None:
        raise _not_text(path.name, "an archive (ZIP) that holds no workbook")
    inflated = sum(entry.file_size for entry in entries)
    if inflated > limits.max_inflated_bytes:
        raise too_large(
            path.name,
            f"It unpacks to {inflated:,} bytes, the limit is {limits.max_inflated_bytes:,}.",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise password_protected(path.name)
    return kind


def _kind_of_names(names: set[str], *, mimetype: bytes) -> Kind | None:
    if any(name.endswith("workbook.xml") for name in names):
        return Kind.XLSX
    if any(name.endswith("workbook.bin") for name in names):
        return Kind.XLSB
    return Kind.ODS if b"opendocument.spreadsheet" in mimetype else None


def _mimetype(archive: zipfile.ZipFile) -> bytes:
    if "mimetype" not in archive.namelist() or archive.getinfo("mimetype").file_size > 200:
        return b""
    try:
        return archive.read("mimetype")
    except (RuntimeError, zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError):
        return b""


def _check_directory_length(path: Path) -> None:
    """Refuse an archive whose directory alone would take the memory."""
    with path.open("rb") as stream:
        stream.seek(0, io.SEEK_END)
        stream.seek(max(0, stream.tell() - 65_557))
        tail = stream.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 16:
        return
    entries, length = struct.unpack_from("<HI", tail, place + 10)
    if entries > MAX_ZIP_ENTRIES or length > MAX_ZIP_ENTRIES * 500:
        raise too_large(
            path.name, f"It holds {entries:,} files inside, the limit is {MAX_ZIP_ENTRIES:,}."
        )


def _kind_of_ole(path: Path, *, limits: Limits) -> Kind:
    _check_workbook_size(path, limits=limits)
    content = path.read_bytes()
    if _ENCRYPTED in content:
        raise password_protected(path.name)
    if not content.startswith(_OLE) or not any(book in content for book in _OLE_BOOKS):
        raise unsupported(path.name, "an Office file that holds no workbook that can be read")
    return Kind.XLS


def _check_workbook_size(path: Path, *, limits: Limits) -> None:
    size = path.stat().st_size
    if size > limits.max_workbook_bytes:
        raise too_large(
            path.name,
            f"It has {size:,} bytes, the limit for a workbook is {limits.max_workbook_bytes:,}.",
        )


def _refuse_other_text(sample: bytes, *, name: str) -> None:
    # Without zeros and byte order marks Latin text of every UTF is the same bytes.
    start = sample[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n").lower()
    for opening, what in _TEXT_FORMATS.items():
        if start.startswith(opening):
            raise unsupported(name, what)


def _refuse_bytes(sample: bytes, *, name: str) -> None:
    """Refuse what is neither text nor UTF-16: many control characters, or zeros all over."""
    rest = sample.rstrip(b"\x00")  # a disk that filled up leaves zeros at the end
    zeros, odd_zeros = rest.count(0), rest[1::2].count(0)
    wide = zeros >= len(rest) * 0.1 and not zeros * 0.1 < odd_zeros < zeros * 0.9
    if not wide and zeros > 8 and zeros > len(rest) * 0.1 and not _is_utf_32(rest):
        raise _not_text(name, "no text file")
    if wide:
        return
    text = rest.replace(b"\x00", b"")
    controls = len(text) - len(text.translate(None, bytes({*range(32)} - {*b"\t\n\v\f\r\x1a"})))
    if controls > 8 and controls > len(text) * 0.05:
        raise _not_text(name, "no text file")


def _is_utf_32(rest: bytes) -> bool:
    return rest.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"))


def _not_text(name: str, what: str) -> FileProblem:
    return FileProblem(
        f"{name} is {what}.",
        code=FileProblemCode.NOT_TEXT,
        fix="Upload the list itself, as CSV or as a workbook (XLSX).",
    )
