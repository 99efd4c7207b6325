"""A lead file in chunks of finished rows, worked out here or by another process."""

import sys
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import NamedTuple

from dialer.actions.reading_process import read_elsewhere
from dialer.actions.storing import Draft, draft_of
from dialer.leads.notices import FEW_ROWS, MOST_REJECTED
from dialer.leads.outcomes import RejectedRow
from dialer.leads.rows import LeadFile
from dialer.leads.table import Record

CHUNK_ROWS = 25_000
"""Sorted together before they are stored; the more, the closer rows lie in the phone index."""

FIRST_ROWS = 1_000
"""Looked at before anything is stored: enough to tell a wrong file from a good one."""

PIECE_ROWS = 2_500
"""Sent from another process at once."""

SWITCH_INTERVAL_S = 0.0005

WORTH_A_PROCESS = 5_000_000
"""Bytes from which on a second process is started; below, starting it takes longer."""


class Chunk(NamedTuple):
    """The next rows of a file, the good ones in the order of their phones."""

    drafts: list[Draft]
    rejects: list[RejectedRow]
    last_row: int
    fraction_read: float | None  # of the file; None where nobody knows


class FirstRows(NamedTuple):
    """How many of a file's first rows are no leads."""

    rows: int
    rejected: int

    @property
    def are_doubtful(self) -> bool:
        """True when this may be the wrong file, or a column was taken for another."""
        return self.rows >= FEW_ROWS and self.rejected > self.rows * MOST_REJECTED


def look_first(file: LeadFile) -> FirstRows:
    """Read the first rows of a file, which may be read from the top afterwards."""
    outcomes = [file.reader.read(record) for record in islice(file.records(), FIRST_ROWS)]
    return FirstRows(len(outcomes), sum(isinstance(one, RejectedRow) for one in outcomes))


def chunks(
    file: LeadFile, *, after_row: int = 0, processes: int = 1
) -> Generator[Chunk, None, None]:
    """Read a file from after `after_row` to its end.

    With a second process this one has only to store what the other worked out; a third would
    have nothing to do.

    Raises:
        FileProblem: it turns out to be too large.
        UserError: the other process was killed.
    """
    if processes > 1 and file.table.path.stat().st_size >= WORTH_A_PROCESS:
        pieces = read_elsewhere(file, partial(_pieces, after_row=after_row))
        with closing(pieces):
            yield from _joined(pieces)
    else:
        yield from _chunks(file, after_row=after_row)


def one_ahead(found: Generator[Chunk, None, None]) -> Generator[Chunk, None, None]:
    """Let a thread prepare the next chunk while the caller waits for a database server.

    Useless with SQLite, which works in this process and hands Python's lock over at every row.
    """
    with closing(found), ThreadPoolExecutor(1) as thread, _quick_turns():
        coming = thread.submit(next, found, None)
        while (chunk := coming.result()) is not None:
            coming = thread.submit(next, found, None)
            yield chunk


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let whoever hears from the server go on soon: each answer would wait 5 ms for the other."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, SWITCH_INTERVAL_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _chunks(file: LeadFile, *, after_row: int, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    records = (record for record in file.records() if record.row > after_row)
    while (chunk := read_chunk(file, islice(records, rows))) is not None:
        yield chunk


def read_chunk(file: LeadFile, records: Iterable[Record]) -> Chunk | None:
    """Work out some rows; None when there are none."""
    read, missing_in = file.reader.read, file.reader.missing_in
    says_consent = file.reader.consent is not None
    drafts: list[Draft] = []
    rejects: list[RejectedRow] = []
    last_row = 0
    for record in records:
        outcome = read(record)
        last_row = record.row
        if isinstance(outcome, RejectedRow):
            rejects.append(outcome)
            continue
        drafts.append(draft_of(outcome, record.cells))
        if names := missing_in(outcome):
            file.note_missing(last_row, names)
        if says_consent:
            file.note_unread_consent(outcome)
    if not last_row:
        return None
    drafts.sort()
    return Chunk(drafts, rejects, last_row, file.table.fraction_read())


def _pieces(file: LeadFile, *, after_row: int) -> Iterator[Chunk]:
    """Give parts of chunks, with bare tuples for drafts: they take less time to send."""
    for piece in _chunks(file, after_row=after_row, rows=PIECE_ROWS):
        yield piece._replace(drafts=list(map(tuple, piece.drafts)))  # type: ignore[arg-type]


def _joined(pieces: Iterator[Chunk]) -> Iterator[Chunk]:
    """Make chunks of pieces again."""
    while gathered := list(islice(pieces, CHUNK_ROWS // PIECE_ROWS)):
        drafts = [tuple.__new__(Draft, fields) for piece in gathered for fields in piece.drafts]
        drafts.sort()
        rejects = [reject for piece in gathered for reject in piece.rejects]
        last = gathered[-1]
        gathered.clear()
        yield Chunk(drafts, rejects, last.last_row, last.fraction_read)
