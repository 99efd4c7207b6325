"""From bytes to lines of text, whatever the encoding, without control characters.

A file without a byte order mark is UTF-8 or Windows-1252, told line by line, which is right for
either and for two files glued together. Whole blocks are decoded where nothing is odd; only the
others are looked at line by line.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain
from pathlib import Path

from dialer.leads.encodings import AUTOMATIC

BLOCK_BYTES = 1024 * 1024
MAX_LINE_BYTES = 200 * 8 * 1024

_BOM = codecs.BOM_UTF8
_REPLACED = "\ufffd"
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\r\n"})
_KEPT_OF_LONG_LINE = 1000
# Ã, Â, â€, Å, Ä and Ð in UTF-8: what the first bytes of UTF-8 become when it is encoded twice.
_ENCODED_TWICE: tuple[bytes, ...] = (
    b"\xc3\x83",
    b"\xc3\x82",
    b"\xc3\xa2\xe2\x82\xac",
    b"\xc3\x85\xc2",
)
_ENCODED_TWICE += (b"\xc3\x84\xc2", b"\xc3\x90")
_WORTH_A_LOOK = (*_ENCODED_TWICE, _BOM, _REPLACED.encode())
_CONTINUES = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MAYBE_UTF8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_MAYBE_TWICE = re.compile(rf"[ÂÃÄÅÐÑ][{_CONTINUES}]|â[{_CONTINUES}]{{2}}")


class Mark(StrEnum):
    """What was odd about a line."""

    CONTROL = "control"
    UNDECODABLE = "undecodable"
    ENCODED_TWICE = "encoded_twice"
    WINDOWS_1252 = "windows_1252"
    TWO_ENCODINGS = "two_encodings"  # in this one line
    TOO_LONG = "too_long"


class TextLines:
    """The lines of a file with their endings (CRLF, LF or CR, also mixed).

    What is odd about the line given last stands in `marks` until the reader takes it away.
    Holds one block, or the start of one endless line.
    """

    def __init__(self, path: Path, *, encoding: str) -> None:
        self.marks: list[str] = []
        self.has_utf8 = False  # a line held more than ASCII and was UTF-8
        self.bytes_read = 0
        self._path = path
        self._encoding = encoding

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[Iterable[str]]:
        for block in _whole_lines(self._as_utf8()):
            if (text := _if_nothing_is_odd(block)) is not None:
                self.has_utf8 = self.has_utf8 or not text.isascii()
                yield io.StringIO(text, newline="")
            elif (text := _if_all_windows_1252(block)) is not None:
                yield self._marked_1252(text)
            else:
                yield self._line_by_line(block)

    def _marked_1252(self, text: str) -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            if not line.isascii():
                self.marks.append(Mark.WINDOWS_1252)
            yield line

    def _as_utf8(self) -> Iterator[bytes]:
        """Give the file block by block, turned into UTF-8 unless lines are to be told apart."""
        raw = self._raw_blocks()
        if self._encoding == AUTOMATIC:
            yield next(raw, b"").removeprefix(_BOM)
            yield from raw
            return
        # Half of a character at the very end says nothing; the decoder keeps it to itself.
        decoder = codecs.getincrementaldecoder(self._encoding)(errors="replace")
        first = True
        for block in raw:
            text = decoder.decode(block)
            yield _encodable(text.removeprefix("\ufeff") if first else text)
            first = False

    def _raw_blocks(self) -> Iterator[bytes]:
        with self._path.open("rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                self.bytes_read += len(block)
                yield block

    def _line_by_line(self, block: bytes) -> Iterator[str]:
        for raw in block.splitlines(keepends=True):
            line = raw.translate(None, _CONTROLS)
            if not line:
                continue  # the end-of-file mark of old systems, alone at the end
            if len(line) != len(raw):
                self.marks.append(Mark.CONTROL)
            line = line.removeprefix(_BOM)  # in the middle, where files were glued together
            if len(raw) > MAX_LINE_BYTES:
                self.marks.append(Mark.TOO_LONG)
                yield line[:_KEPT_OF_LONG_LINE].decode(errors="ignore").replace('"', "") + "\n"
            else:
                yield line.decode() if line.isascii() else self._decoded(line)

    def _decoded(self, line: bytes) -> str:
        """Decode what is valid as UTF-8 and the bytes that are not as Windows-1252."""
        try:
            text = line.decode()
            self.has_utf8 = True
        except UnicodeDecodeError:
            text = line.decode(errors=_OR_1252)
            alone = text == line.decode("cp1252", errors="replace")
            self.marks.append(Mark.WINDOWS_1252 if alone else Mark.TWO_ENCODINGS)
        if _REPLACED in text:
            self.marks.append(Mark.UNDECODABLE)
        if is_encoded_twice(text):
            self.marks.append(Mark.ENCODED_TWICE)
        return text


def is_encoded_twice(text: str) -> bool:
    """Tell whether UTF-8 was taken for Windows-1252 and encoded again ("JosÃ©")."""
    for match in _MAYBE_TWICE.finditer(text):
        single = "".join(_as_1252(char) for char in match[0])
        try:
            single.encode("latin-1").decode()
        except ValueError:
            continue
        return True
    return False


def _as_1252(char: str) -> str:
    try:
        return char.encode("cp1252").decode("latin-1")
    except UnicodeEncodeError:
        return char


def _if_nothing_is_odd(block: bytes) -> str | None:
    if len(block) > MAX_LINE_BYTES or len(block.translate(None, _CONTROLS)) != len(block):
        return None
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return None
    odd = not text.isascii() and any(odd in block for odd in _WORTH_A_LOOK)
    return None if odd else text


def _if_all_windows_1252(block: bytes) -> str | None:
    """Decode a block in which nothing could be UTF-8, which is ten times faster than its lines."""
    if len(block) > MAX_LINE_BYTES or len(block.translate(None, _CONTROLS)) != len(block):
        return None
    if _MAYBE_UTF8.search(block):
        return None
    try:
        return block.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _encodable(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a pair, which some decoders let through
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut the blocks where lines end; of an endless line only the start is kept."""
    rest = b""
    for block in blocks:
        skipped = 0
        if len(rest) > MAX_LINE_BYTES:
            ends = [place for end in b"\r\n" if (place := block.find(end)) >= 0]
            if not ends:
                continue
            skipped = min(ends)
        text = rest + block[skipped:]
        cut = text.rfind(b"\n") + 1
        # A CR at the very end may be half of a CRLF.
        cut = max(cut, text.rfind(b"\r", cut, -1) + 1)
        if cut:
            yield text[:cut]
        rest = text[cut:][: MAX_LINE_BYTES + 1]
    if rest:
        yield rest


def _or_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_OR_1252 = "dialer.or-1252"
codecs.register_error(_OR_1252, _or_1252)
