"""A lead file in chunks of finished rows, worked out by one process or by several."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple

from dialer.actions.storing import Draft, draft_of
from dialer.leads.outcomes import RejectedRow
from dialer.leads.row_reader import RowReader
from dialer.leads.rows import LeadFile
from dialer.leads.table import Record

CHUNK_ROWS = 25_000
"""Sorted together before they are stored; the more, the closer rows lie in the phone index."""

PIECE_ROWS = 2_500
"""Handed to another process at once."""

WORTH_A_PROCESS = 5_000_000
"""Bytes from which on a second process is started; below, starting it takes longer."""


class Piece(NamedTuple):
    """Some rows of a file: the good ones, and the others."""

    drafts: list[Draft]
    rejects: list[RejectedRow]
    missing: list[tuple[int, list[str]]]  # rows and what the agent's prompt asks for in vain


class Chunk(NamedTuple):
    """The next rows of a file, the good ones in the order of their phones."""

    drafts: list[Draft]
    rejects: list[RejectedRow]
    last_row: int


def chunks(file: LeadFile, *, after_row: int = 0, processes: int = 1) -> Iterator[Chunk]:
    """Read a file from after `after_row` to its end.

    Raises:
        FileProblem: it turns out to be too large.
    """
    records = (record for record in file.records() if record.row > after_row)
    if processes > 1 and file.table.path.stat().st_size >= WORTH_A_PROCESS:
        pieces = _by_others(file.reader, records, processes=processes - 1)
    else:
        pieces = _by_itself(file.reader, records)
    while gathered := list(islice(pieces, CHUNK_ROWS // PIECE_ROWS)):
        for piece, _ in gathered:
            for row, names in piece.missing:
                file.note_missing(row, names)
        drafts = [draft for piece, _ in gathered for draft in piece.drafts]
        drafts.sort()
        rejects = [reject for piece, _ in gathered for reject in piece.rejects]
        yield Chunk(drafts, rejects, gathered[-1][1])


def _by_itself(reader: RowReader, records: Iterator[Record]) -> Iterator[tuple[Piece, int]]:
    while rows := list(islice(records, PIECE_ROWS)):
        yield read_piece(reader, rows), rows[-1].row


def _by_others(
    reader: RowReader, records: Iterator[Record], *, processes: int
) -> Iterator[tuple[Piece, int]]:
    """Let other processes work the rows out; they come back in the order of the file."""
    pool = ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_remember,
        initargs=(reader.columns, reader.options),
    )
    waiting: deque[tuple[Future[Piece], int]] = deque()
    with pool:
        try:
            while rows := list(islice(records, PIECE_ROWS)):
                waiting.append((pool.submit(_read_piece, rows), rows[-1].row))
                if len(waiting) > 2 * processes:
                    ahead, last_row = waiting.popleft()
                    yield ahead.result(), last_row
            for ahead, last_row in waiting:
                yield ahead.result(), last_row
        finally:
            pool.shutdown(cancel_futures=True)


def read_piece(reader: RowReader, records: Sequence[Record]) -> Piece:
    """Work out some rows."""
    drafts: list[Draft] = []
    rejects: list[RejectedRow] = []
    missing: list[tuple[int, list[str]]] = []
    for record in records:
        outcome = reader.read(record)
        if isinstance(outcome, RejectedRow):
            rejects.append(outcome)
            continue
        drafts.append(draft_of(outcome, record.cells))
        if names := reader.missing_in(outcome):
            missing.append((record.row, list(names)))
    return Piece(drafts, rejects, missing)


_reader: RowReader | None = None  # of a process that reads rows for another


def _remember(columns: object, options: object) -> None:
    global _reader
    _reader = RowReader(columns, options)  # type: ignore[arg-type]


def _read_piece(records: Sequence[Record]) -> Piece:
    assert _reader is not None
    return read_piece(_reader, records)
