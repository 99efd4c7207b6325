"""A form with a file, streamed to disk as it comes; memory does not grow with the file."""

import asyncio
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, TypeVar

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from dialer.actions import uploads
from dialer.errors import UserError
from dialer.web.site import site_of

Taken = TypeVar("Taken")

SILENT_FOR = timedelta(seconds=60)
"""A sender who says nothing for so long is gone."""
MOST_FIELD_BYTES = 64 * 1024
LONGEST_NAME = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(slots=True)
class FileForm:
    """What came: the fields, and the file, which lies in a folder of its own."""

    folder: Path
    fields: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    size: int = 0

    @property
    def name(self) -> str:
        """The file beneath the folder of all uploads."""
        assert self.path is not None
        return f"{self.folder.name}/{self.path.name}"

    def drop(self) -> None:
        """Delete what came."""
        shutil.rmtree(self.folder, ignore_errors=True)


async def receive(request: Request, *, into: Path, most_bytes: int) -> FileForm:
    """Read a form whose file goes into a new folder beneath `into`; dropped where this fails.

    Raises:
        UserError: it is too large, broken, or stops coming.
    """
    form = FileForm(into / secrets.token_hex(12))
    form.folder.mkdir(parents=True, mode=0o700)
    parts = _Parts(form, most_bytes=most_bytes)
    try:
        parser = MultipartParser(_boundary(request), parts.callbacks())
        async for chunk in _chunks(request):
            await run_in_threadpool(parser.write, chunk)
        parser.finalize()
        if not parts.ended:
            raise _broken()
    except (MultipartParseError, ClientDisconnect, TimeoutError) as error:
        await run_in_threadpool(form.drop)
        raise _broken() from error
    except BaseException:
        await run_in_threadpool(form.drop)
        raise
    finally:
        parts.close()
    return form


async def hand_over(request: Request, take: Callable[[Request, FileForm], Taken]) -> Taken:
    """Receive a form into the folder of uploads, and give what `take` makes of it in a thread.

    Where `take` fails, what came is deleted. Raises: as `receive`, and what `take` says.
    """
    settings = site_of(request).settings
    into = uploads.folder(settings.home)
    form = await receive(request, into=into, most_bytes=settings.import_max_bytes)
    try:
        return await run_in_threadpool(take, request, form)
    except BaseException:
        await run_in_threadpool(form.drop)
        raise


async def _chunks(request: Request) -> Any:
    stream = request.stream()
    while True:
        async with asyncio.timeout(SILENT_FOR.total_seconds()):
            chunk = await anext(stream, None)
        if chunk is None:
            return
        yield chunk


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise _broken()
    return boundary


def _broken() -> UserError:
    return UserError("the file did not arrive whole", fix="send it again")


class _Parts:
    """Hears from the parser, and writes the file."""

    def __init__(self, form: FileForm, *, most_bytes: int) -> None:
        self.ended = False
        self._form = form
        self._most = most_bytes
        self._stream: IO[bytes] | None = None
        self._name: str | None = None
        self._value = bytearray()
        self._header = bytearray()
        self._content = bytearray()
        self._headers: dict[str, bytes] = {}
        self._fields_bytes = 0

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._content.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _begin(self) -> None:
        self._headers = {}
        self._value = bytearray()
        self._name = None

    def _end_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = bytes(self._content)
        self._header, self._content = bytearray(), bytearray()

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        if file_name is None:
            self._name = name
        elif file_name and self._form.path is None:
            self._form.path = self._form.folder / safe_name(file_name.decode("utf-8", "replace"))
            self._stream = self._form.path.open("wb")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._stream is not None:
            self._form.size += end - start
            if self._form.size > self._most:
                raise UserError(
                    "the file is too large",
                    why=f"at most {self._most:,} bytes are taken",
                    fix="split it, or remove what is not needed",
                )
            self._stream.write(data[start:end])
        elif self._name is not None:
            self._fields_bytes += end - start
            if self._fields_bytes > MOST_FIELD_BYTES:
                raise UserError("the form is too large", fix="send less text")
            self._value += data[start:end]

    def _end_part(self) -> None:
        if self._stream is not None:
            self.close()
        elif self._name is not None:
            self._form.fields[self._name] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self.ended = True


def safe_name(given: str) -> str:
    """Give the last part of a name a stranger gave, fit to be the name of a file here."""
    last = _CONTROL.sub("_", given.replace("\\", "/").rpartition("/")[2]).strip().lstrip(".")
    stem, dot, ending = last.rpartition(".")
    short = stem[: LONGEST_NAME - 10] + dot + ending[:9] if dot else last[:LONGEST_NAME]
    while len(short.encode()) > 200:
        short = short[1:]
    return short or "leads"
