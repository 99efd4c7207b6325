"""Writing Retell's batch call template: leads that are called from its dashboard.

https://docs.retellai.com/deploy/make-batch-call

Texts stand in it as they are: an apostrophe against formulas would be spoken to people. Whoever
writes one is told of cells that a spreadsheet would run.
"""

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from dialer.leads.batch_template import TEMPLATE_WORDS
from dialer.leads.exports import Target, opened
from dialer.leads.formulas import marked
from dialer.leads.header_words import header_key

PHONE = "phone number"
AGENT_ID = "override agent id"
AGENT_VERSION = "override agent version"
METADATA = "metadata"
SIP_HEADERS = "custom_sip_headers"
IGNORE_E164 = "ignore e164 validation"
OWN_COLUMNS = (PHONE, AGENT_ID, AGENT_VERSION, METADATA, SIP_HEADERS, IGNORE_E164)


class BatchFile:
    """A template file that takes leads one by one."""

    def __init__(self, rows: Any, variables: Sequence[str]) -> None:
        self.count = 0
        self.like_formulas = 0
        self._rows = rows
        self._variables = variables
        rows.writerow([*OWN_COLUMNS, *variables])

    def add(
        self,
        phone: str,
        variables: Mapping[str, str],
        *,
        agent_id: str | None,
        agent_version: int | str | None,
        metadata: Mapping[str, object],
        sip_headers: Mapping[str, object],
        ignore_e164: bool | None,
    ) -> None:
        """Write one lead."""
        told = [str(variables.get(name, "")) for name in self._variables]
        self.like_formulas += sum(marked(one) != one for one in told)
        self._rows.writerow(
            [
                phone,
                agent_id or "",
                "" if agent_version is None else agent_version,
                orjson.dumps(metadata).decode(),
                orjson.dumps(sip_headers).decode() if sip_headers else "",
                "" if ignore_e164 is None else str(ignore_e164).lower(),
                *told,
            ]
        )
        self.count += 1


@contextmanager
def open_batch_file(target: Target, variables: Sequence[str]) -> Iterator[BatchFile]:
    """Begin a template file, which appears when it is whole.

    Raises:
        NotFound: there is no such folder.
    """
    with opened(target) as stream:
        # Without a mark of its encoding: the header's first name must be read as it is.
        yield BatchFile(csv.writer(codecs.getwriter("utf-8")(stream)), variables)


def taken_names(variables: Sequence[str]) -> list[str]:
    """Give those of the variables that the template would read as a column of its own."""
    own = {*TEMPLATE_WORDS, header_key(PHONE)}
    return [name for name in variables if header_key(name) in own]
