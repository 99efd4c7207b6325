"""Settings as a form writes them, and what is typed into a form as settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dialer.actions.editing import DEFAULT
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.e164 import is_e164
from dialer.domain.local_time import format_minute, zone
from dialer.domain.phones import PhoneProblem, parse_phone
from dialer.domain.waits import parse_wait
from dialer.domain.window import DAYS, Window
from dialer.domain.written_moments import read_moment
from dialer.errors import sentence_of
from dialer.web.form_fields import HOURS, Field, Kind
from dialer.web.form_sections import BY_KEY

Texts = Mapping[str, str]
"""What stands in the fields, by key."""

YES = "yes"
A_MONDAY = date(2024, 1, 1)
WINDOW = "window.hours"
_OTHER_HOURS = ("window.days", "window.opens", "window.closes")
NOTHING = CampaignSpec.model_construct(name="", from_numbers=())
"""The settings of a campaign of which nobody has said anything yet."""


def texts_of(spec: CampaignSpec, *, clock: str) -> dict[str, str]:
    """Write settings into the fields; moments by the clock of a zone."""
    given = spec.model_dump(mode="json")
    texts = {
        field.key: _text(field, _at(given, field.key), clock=clock) for field in BY_KEY.values()
    }
    return texts | _hours_of(spec.window)


def _at(given: Mapping[str, Any], key: str) -> Any:
    found: Any = given
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(field: Field, value: Any, *, clock: str) -> str:
    match field.kind:
        case Kind.BOX:
            return YES if value else ""
        case Kind.LIST | Kind.WAITS:
            return ", ".join(map(str, value or ()))
        case Kind.LINES:
            return "\n".join(f"{name} = {text}" for name, text in (value or {}).items())
        case Kind.MOMENT if value is not None:
            local = datetime.fromisoformat(value).astimezone(zone(clock))
            return local.strftime("%Y-%m-%dT%H:%M")
        case Kind.CAP if value is None:
            return "none"
        case Kind.SHARE if value is None:
            return "never"
        case Kind.COUNT | Kind.SHARE if isinstance(value, float):
            return f"{value:g}"
    return "" if value is None else str(value)


def _hours_of(window: Window) -> dict[str, str]:
    days = (A_MONDAY + timedelta(days=n) for n in range(len(DAYS)))
    return {
        field.key: ", ".join(
            f"{format_minute(opens)}-{format_minute(closes)}"
            for opens, closes in window.minutes_on(day)
        )
        for field, day in zip(HOURS, days, strict=True)
    }


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a form, and what stood there when somebody began to type.

    Moments are by the clock of a zone, which is a field, too.
    """

    texts: Texts
    before: Texts
    clock: str
    clock_before: str

    @property
    def changed(self) -> list[str]:
        """Give the fields that say something else; spaces and the order of numbers aside."""
        return [key for key, field in BY_KEY.items() if self._now(field) != self._then(field)]

    def _now(self, field: Field) -> Any:
        return _plain(field, self.texts.get(field.key, ""), clock=self.clock)

    def _then(self, field: Field) -> Any:
        return _plain(field, self.before.get(field.key, ""), clock=self.clock_before)


def changes_of(typed: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the settings that were typed anew, and what cannot be read as one, by key."""
    changes: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    changed = [BY_KEY[key] for key in typed.changed]
    for field in changed:
        if field.kind is not Kind.HOURS:
            try:
                changes[field.key] = _value(field, typed)
            except ValueError as error:
                wrong[field.key] = _sentence(error)
    if any(field.kind is Kind.HOURS for field in changed):
        changes |= dict.fromkeys(_OTHER_HOURS, DEFAULT)
        changes[WINDOW] = _week(typed.texts, wrong)
    return changes, wrong


def _plain(field: Field, text: str, *, clock: str) -> Any:
    if field.key == "from_numbers":
        return sorted(_parts(text))
    if field.kind in (Kind.LIST, Kind.WAITS, Kind.HOURS):
        return _parts(text)
    if field.kind is Kind.MOMENT and text.strip():
        return text.strip(), clock
    return "\n".join(text.split("\r\n")).strip()


def _value(field: Field, typed: Typed) -> Any:
    text = typed.texts.get(field.key, "").strip()
    if field.kind is Kind.BOX:
        return text == YES
    if field.kind is Kind.LIST and (text or field.key == "opt_out.keys"):
        return _parts(text)  # where nothing stands for "nowhere", it is meant
    if not text:
        return DEFAULT
    if field.kind is Kind.PHONE:
        return _phone(text, country=typed.texts.get("country", "").strip().upper())
    read: Callable[[str], Any] = _READ.get(field.kind, str)
    return read(f"{text} {typed.clock}" if field.kind is Kind.MOMENT else text)


def _phone(text: str, *, country: str) -> str:
    if is_e164(text):
        return text
    found = parse_phone(text, country=country, allow_fictional=True, allowed_countries=None)
    if isinstance(found, PhoneProblem):
        raise ValueError(found.message)
    return found.e164


def _parts(text: str) -> list[str]:
    return [part for one in text.replace("\n", ",").split(",") if (part := " ".join(one.split()))]


def _lines(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not line.strip():
            continue
        if not (equals and name.strip()):
            raise ValueError(f"“{line.strip()[:40]}” has no “name = value”")
        found[name.strip()] = value.strip()
    return found


def _waits(text: str) -> list[str]:
    return [str(parse_wait(part)) for part in _parts(text)]  # here, to know whose field is wrong


def _moment(text: str) -> str:
    return read_moment(text).isoformat()


def _week(typed: Texts, wrong: dict[str, str]) -> list[dict[str, Any]]:
    """Give the hours of a week; days with the same ones are told together."""
    days: dict[tuple[str, str], list[str]] = {}
    for field in HOURS:
        for part in _parts(typed.get(field.key, "")):
            opens, dash, closes = part.replace("–", "-").partition("-")
            if not dash:
                wrong[field.key] = f"“{part[:20]}” is no span of hours such as 09:00-20:00."
                continue
            day = field.key.rpartition(".")[2]
            days.setdefault((opens.strip(), closes.strip()), []).append(day)
    return [
        {"days": names, "opens": opens, "closes": closes} for (opens, closes), names in days.items()
    ]


_READ: Mapping[Kind, Callable[[str], Any]] = {
    Kind.LINES: _lines,
    Kind.MOMENT: _moment,
    Kind.WAITS: _waits,
    Kind.CAP: lambda text: None if text == "none" else text,
    Kind.SHARE: lambda text: None if text == "never" else text,
}


def nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings by whole keys as sections; what has its default is left out."""
    found: dict[str, Any] = {}
    for key, value in changes.items():
        *sections, name = key.split(".")
        place = found
        for section in sections:
            place = place.setdefault(section, {})
        if value is not DEFAULT:
            place[name] = value
    return {name: value for name, value in found.items() if value != {} or name == "variables"}


def told(errors: Sequence[Any]) -> tuple[dict[str, str], list[str]]:
    """Put what is wrong with settings beside the fields, and give what belongs to none."""
    wrong: dict[str, str] = {}
    others: list[str] = []
    for error in errors:
        field = _field_at([str(part) for part in error["loc"] if part != "[key]"])
        sentence = _sentence(sentence_of(error))
        if field is None:
            others.append(sentence)
        elif field.missing and error["type"] in ("missing", "too_short", "string_too_short"):
            wrong.setdefault(field.key, field.missing)
        else:
            wrong.setdefault(field.key, sentence)
    return wrong, others


def _field_at(place: Sequence[str]) -> Field | None:
    for length in range(len(place), 0, -1):
        key = ".".join(place[:length])
        if key in BY_KEY:
            return BY_KEY[key]
        within = (one for one in BY_KEY.values() if one.key.startswith(f"{key}."))
        if (first := next(within, None)) is not None:
            return first
    return None


def _sentence(said: object) -> str:
    text = str(said).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
