"""Errands: what a person asks for on a page and a worker does, because it takes a while."""

from enum import StrEnum


class ErrandKind(StrEnum):
    """What is to be done."""

    LEADS = "leads"  # import a lead file
    UNDO = "undo"  # take an import out again
    OPT_OUTS = "opt_outs"  # put a file's numbers on our do-not-call list
    REGISTRY = "registry"  # load a register that others keep
    BULK = "bulk"  # do the same to all leads that a filter finds
    EXPORT = "export"  # write a file that is taken home
    FORECAST = "forecast"  # play a campaign through in virtual time


class BulkVerb(StrEnum):
    """What is done to all leads that a filter finds."""

    SKIP = "skip"  # close them without a further call
    RETRY = "retry"  # call them as soon as it may be
    DO_NOT_CALL = "do_not_call"  # never call their numbers, in any campaign


class ErrandStatus(StrEnum):
    """How far an errand is."""

    CHECKING = "checking"  # a worker reads the file; nothing is stored
    CHECKED = "checked"  # a person decides
    DOING = "doing"  # a worker does it
    DONE = "done"
    FAILED = "failed"  # the sentence says why
    DROPPED = "dropped"  # nobody wanted it any more


FOR_A_WORKER = (ErrandStatus.CHECKING, ErrandStatus.DOING)
FOR_A_PERSON = (ErrandStatus.CHECKED, ErrandStatus.FAILED)
