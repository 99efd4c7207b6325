"""Registry files: numbers of people who are not to be called, one a line, by the million.

Understood are `area code,number` lines, as the national registry of the United States hands them
out, bare digits, and whatever else is one telephone number a line. A block of lines in the first
two forms is read as a whole, many times faster than line by line. No block is kept.
"""

import codecs
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from dialer.domain.exchanges import NORTH_AMERICA
from dialer.domain.phones import Phone, parse_phone
from dialer.errors import NotFound
from dialer.leads.outcomes import RejectedRow
from dialer.leads.problems import FileProblem, FileProblemCode, RejectReason

BLOCK_BYTES = 1 << 20
CHUNK_NUMBERS = 500_000
"""Sorted at once: the more, the closer together they land in an index."""
_SHOWN_CHARACTERS = 200
_COUNTRY_CODE = 10_000_000_000  # of North America, before ten digits
_ALL_TEN_DIGITS = re.compile(
    rb"(?:[2-9][0-9][0-9],?[0-9][0-9][0-9][0-9][0-9][0-9][0-9]\r?\n)*+"
).fullmatch
_TEN_DIGITS = re.compile(rb"([2-9][0-9]{2}),?([0-9]{7})\r?\n").fullmatch
_TWO_CELLS = re.compile(r"([0-9]{3})[\"']?\s*[,;|\t ]\s*[\"']?([0-9]{7})").fullmatch
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or a workbook", "unpack it, or import it without --registry"),
    (b"\x1f\x8b", "a gzip archive", "unpack it: gunzip FILE"),
    (codecs.BOM_UTF16_LE, "UTF-16 text", "save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "UTF-16 text", "save it as UTF-8"),
    (b"<", "XML", "download the flat file of the registry instead"),
)

OnReject = Callable[[RejectedRow], None]
"""Hears of each line that is no number."""


class RegistryFile:
    """A registry file. What it counts is complete when `chunks` has come to its end."""

    def __init__(
        self,
        path: Path,
        *,
        country: str,
        on_reject: OnReject = lambda rejected: None,
        chunk_numbers: int = CHUNK_NUMBERS,
    ) -> None:
        self.path = path
        self.country = country
        self.lines = 0
        self.blank = 0
        self.numbers = 0  # lines that hold one, repeated ones too
        self.rejects: Counter[str] = Counter()
        self._on_reject = on_reject
        self._chunk_numbers = chunk_numbers
        self._read_bytes = 0
        self._is_north_american = country in NORTH_AMERICA

    @property
    def rejected(self) -> int:
        """How many lines hold no number."""
        return self.rejects.total()

    def fraction_read(self) -> float:
        """Tell how much of the file was read, from 0 to 1."""
        return min(1.0, self._read_bytes / max(1, self.path.stat().st_size))

    def chunks(self) -> Iterator[list[int]]:
        """Give the numbers without their plus, each chunk in order and without repetitions.

        Raises:
            NotFound: there is no such file.
            FileProblem: it is no text with one number a line.
        """
        found = array("q")
        for block in self._blocks():
            found.extend(self._read(block))
            if len(found) >= self._chunk_numbers:
                yield sorted(set(found))
                found = array("q")
        if self.lines == self.blank:
            raise FileProblem(f"{self.path.name} is empty.", code=FileProblemCode.EMPTY_FILE)
        if found:
            yield sorted(set(found))

    def _blocks(self) -> Iterator[bytes]:
        """Give whole lines, about a megabyte at a time."""
        if not self.path.is_file():
            raise NotFound(f"There is no file {self.path}.")
        with self.path.open("rb") as stream:
            rest = _without_mark(stream, name=self.path.name)
            while block := stream.read(BLOCK_BYTES):
                self._read_bytes = stream.tell()
                if b"\0" in block:
                    raise _no_text(self.path.name, "It holds zero bytes.")
                whole = rest + block
                cut = whole.rfind(b"\n") + 1
                if cut == 0 and len(whole) > BLOCK_BYTES:
                    raise _no_text(self.path.name, "It has a line of more than a megabyte.")
                if cut:
                    yield whole[:cut]
                rest = whole[cut:]
        if rest:
            yield rest + b"\n"

    def _read(self, block: bytes) -> Iterator[int] | list[int]:
        count = block.count(b"\n")
        if self._is_north_american and _ALL_TEN_DIGITS(block):
            self.lines += count
            self.numbers += count
            digits = block.replace(b",", b"").split()
            return [_COUNTRY_CODE + number for number in map(int, digits)]
        return self._read_lines(block)

    def _read_lines(self, block: bytes) -> Iterator[int]:
        for line in block.splitlines(keepends=True):
            self.lines += 1
            match = _TEN_DIGITS(line) if self._is_north_american else None
            number = (
                _COUNTRY_CODE + int(match[1] + match[2]) if match else self._read_line(line.strip())
            )
            if number is not None:
                self.numbers += 1
                yield number

    def _read_line(self, line: bytes) -> int | None:
        text = line.decode("utf-8", "replace").strip("\"', ;\t")
        if not text:
            self.blank += 1
            return None
        if self.lines - self.blank == 1 and not any(map(str.isdecimal, text)):
            self.blank += 1  # words above the numbers
            return None
        cells = _TWO_CELLS(text)
        found = parse_phone(
            cells[1] + cells[2] if cells else text,
            country=self.country,
            allow_fictional=True,
            allowed_countries=None,
        )
        if isinstance(found, Phone):
            return int(found.e164[1:])
        reason = RejectReason(found.reason.value)
        self.rejects[reason.value] += 1
        self._on_reject(RejectedRow(self.lines, [text[:_SHOWN_CHARACTERS]], reason, found.message))
        return None


def _without_mark(stream: BinaryIO, *, name: str) -> bytes:
    """Give the first bytes, without a byte order mark.

    Raises:
        FileProblem: they tell that this is something else than lines of text.
    """
    head = stream.read(4).removeprefix(codecs.BOM_UTF8)
    for start, what, fix in _FOREIGN:
        if head.startswith(start):
            raise FileProblem(
                f"{name} is {what}.", code=FileProblemCode.UNSUPPORTED_FORMAT, fix=fix
            )
    return head


def _no_text(name: str, why: str) -> FileProblem:
    return FileProblem(
        f"{name} is no text with one number a line.",
        code=FileProblemCode.NOT_TEXT,
        why=why,
        fix="Use the flat file of the registry, or import it without --registry.",
    )
