"""What other systems are told; apart from its settings, so that a command loads little."""

from enum import StrEnum


class ResultEvent(StrEnum):
    """What is told."""

    LEAD_CLOSED = "lead.closed"  # with how; told again when a lead was opened and closes again
    ATTEMPT_ENDED = "attempt.ended"  # a call is over
    ATTEMPT_ANALYZED = "attempt.analyzed"  # what Retell found in a call; after attempt.ended
    CALLBACK_PROMISED = "callback.promised"  # somebody is called at a time
    DO_NOT_CALL_ADDED = "do_not_call.added"  # a lead's number came on our list
