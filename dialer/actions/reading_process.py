"""A process that reads a lead file for this one.

What it worked out comes through a pipe, some pieces ahead of what is wanted. It ends with this
process, however that ends: nobody takes what it sends any more.
"""

import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from dialer.errors import UserError
from dialer.leads.notices import Notices
from dialer.leads.problems import FileProblem
from dialer.leads.rows import LeadFile

AHEAD = 10
"""Pieces that are made before anybody asks for them."""

Work = Callable[[LeadFile], Iterator[Any]]
"""Must be picklable, and what it gives too."""


class _Piece(NamedTuple):
    content: Any


class _End(NamedTuple):
    """What else is known of the file after its last row."""

    blank: int
    notices: Notices


class _Problem(NamedTuple):
    """A `FileProblem`, which does not survive the pipe as it is."""

    what: str
    names: dict[str, Any]


def read_elsewhere(file: LeadFile, work: Work) -> Generator[Any, None, None]:
    """Let another process do `work` on a file, and give what it gives.

    At the end the notices and counts of `file` are as if it had been read here.

    Raises:
        FileProblem: the other process found one.
        UserError: the other process ended in the middle.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(sender, file, work), daemon=True)
    process.start()
    sender.close()  # else its end would not be told by the pipe
    try:
        while True:
            try:
                message = pickle.loads(receiver.recv_bytes())
            except (EOFError, OSError):  # the pipe ends, between two pieces or within one
                process.join()
                raise _ended(process.exitcode) from None
            match message:
                case _Piece(content):
                    yield content
                case _Problem(what, names):
                    raise FileProblem(what, **names)
                case _End(blank, notices):
                    file.blank = blank
                    file.notices.take_over(notices)
                    return
    finally:
        receiver.close()
        process.terminate()
        process.join()


def _ended(exit_code: int | None) -> UserError:
    killed = exit_code is not None and exit_code < 0
    return UserError(
        "the process that read the file ended before its work was done",
        why=f"it was killed by signal {-exit_code}, as the system does when memory runs out"
        if killed and exit_code
        else f"its exit code is {exit_code}",
        fix="do the same again: an import goes on where it stopped; `--processes 1` needs no other",
    )


def _read(sender: "Connection[bytes, bytes]", file: LeadFile, work: Work) -> None:
    """Do the work in the new process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever waits for the pieces
    with sender, ThreadPoolExecutor(1) as thread:
        sending: deque[Future[None]] = deque()
        for message in _messages(file, work):
            packed = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
            sending.append(thread.submit(sender.send_bytes, packed))
            if len(sending) > AHEAD:
                try:
                    sending.popleft().result()
                except BrokenPipeError:
                    thread.shutdown(cancel_futures=True)
                    return


def _messages(file: LeadFile, work: Work) -> Iterator[_Piece | _Problem | _End]:
    try:
        for content in work(file):
            yield _Piece(content)
    except FileProblem as problem:
        names = {"code": problem.code, "why": problem.why, "fix": problem.fix}
        yield _Problem(problem.what, names)
    else:
        yield _End(file.blank, file.notices)
