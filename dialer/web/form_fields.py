"""Fields of a campaign's form: which setting each is, and how it is written."""

from dataclasses import dataclass
from enum import StrEnum

from dialer.domain.cadence import DEFAULT_AT_MOST, DEFAULT_DELAYS
from dialer.domain.dispositions import MEANING, Disposition, spoken
from dialer.domain.window import DAYS

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Kind(StrEnum):
    """How a setting is written in a field."""

    TEXT = "text"
    COUNT = "count"  # a number of something
    SHARE = "share"  # a number, or "never"
    CAP = "cap"  # a number, or "none"
    BOX = "box"  # yes or no
    CHOICE = "choice"
    LIST = "list"  # several, with commas between
    LINES = "lines"  # name = value, one a line
    MOMENT = "moment"  # by the clock that the form names
    PHONE = "phone"  # a number, in full or as it is written in the campaign's country
    HOURS = "hours"  # of one weekday
    WAITS = "waits"  # several, with commas between


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `key` is the setting it stands for, and its name in the form."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    missing: str = ""  # what is said when it must be filled in, and is not
    folded: bool = False  # not needed at first
    spoken: str = ""  # its name in the tongue of a keyboard: "tel", "numeric"

    @property
    def id(self) -> str:
        """Give its name as the id of an element."""
        return self.key.replace(".", "-")


_PEOPLE = (
    *(Disposition.NO_ANSWER, Disposition.VOICEMAIL, Disposition.BUSY, Disposition.DECLINED),
    *(Disposition.CALLBACK, Disposition.QUICK_HANGUP, Disposition.IVR, Disposition.INACTIVE),
)
"""What people and their machines do; the other dispositions are trouble on the way to them."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The two fields about attempts that end in one way, and what holds where they are empty."""

    word: Disposition
    sentence: str
    waits: Field
    at_most: Field
    usual: str
    is_trouble: bool


def _ending(word: Disposition) -> Ending:
    name = spoken(word)
    usual = ", ".join(map(str, DEFAULT_DELAYS[word]))
    most = DEFAULT_AT_MOST.get(word)
    return Ending(
        word,
        MEANING[word].sentence,
        Field(f"cadence.delays.{word}", f"Waits after {name}", Kind.WAITS),
        Field(f"cadence.at_most.{word}", f"Most attempts that end so: {name}", Kind.COUNT),
        usual if most is None else f"{usual}; at most {most}",
        word not in _PEOPLE,
    )


ENDINGS = tuple(
    _ending(one) for one in (*_PEOPLE, *(one for one in DEFAULT_DELAYS if one not in _PEOPLE))
)
HOURS = tuple(
    Field(f"window.hours.{day}", name, Kind.HOURS)
    for day, name in zip(DAYS, DAY_NAMES, strict=True)
)
