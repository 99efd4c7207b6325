"""Campaign files: a campaign's settings in TOML, beside its lead file."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from dialer.domain.cadence import DEFAULT_DELAYS
from dialer.domain.campaign_spec import CampaignSpec
from dialer.errors import NotFound, UserError, sentence_of

LONGEST_VALUE = 60
_BY_DISPOSITION = [("delays",), ("at_most",), ("counts",)]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file, in the words for people."""

    file: Path
    what: str
    why: str
    fix: str


def read_campaign_file(path: Path) -> CampaignSpec:
    """Read and check a campaign file.

    Raises:
        NotFound: there is no such file.
        UserError: it cannot be read; the text names file, key, value and what is wanted.
    """
    given = read_toml(path)
    try:
        return CampaignSpec.model_validate(given)
    except ValidationError as error:
        raise refusal(problems_of(path, error)) from error


def lead_file_of(spec: CampaignSpec, path: Path) -> Path | None:
    """Give the lead file that the campaign file at `path` names; None when it names none."""
    return path.parent / spec.leads if spec.leads is not None else None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Raises:
        NotFound: there is no such file.
        UserError: it is not TOML.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}", fix="name a campaign file, such as demo.toml")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"{path} is not valid TOML", why=str(error), fix=f"correct that place in {path}"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not text in UTF-8", why=str(error), fix="save it as UTF-8"
        ) from error


def problems_of(
    path: Path,
    error: ValidationError,
    *,
    model: type[BaseModel] = CampaignSpec,
    section: tuple[str, ...] = (),
) -> list[Problem]:
    """Tell all that is wrong with a section of a file; the whole file without one."""
    errors = error.errors()
    places = [one["loc"] for one in errors]
    return [
        Problem(path, *_problem({**one, "loc": (*section, *one["loc"])}, model, section))
        for one in errors
        if not (one["type"] == "too_short" and _holds_another(one["loc"], places))
    ]


def _holds_another(place: tuple[int | str, ...], places: Sequence[tuple[int | str, ...]]) -> bool:
    """Tell whether a list lacks entries only because some of them are wrong."""
    return any(one[: len(place)] == place for one in places if one != place)


def refusal(problems: Sequence[Problem]) -> UserError:
    """Make one error of all that is wrong with a file."""
    first = problems[0]
    if len(problems) == 1:
        return UserError(
            f"{first.file}: {first.what}", why=first.why, fix=f"{first.fix} in {first.file}"
        )
    return UserError(
        f"{first.file}: {len(problems)} things are not valid",
        why="\n".join(f"{one.what}: {one.why}" for one in problems),
        fix="\n".join(f"{one.fix} in {one.file}" for one in problems),
    )


def _problem(error: Any, model: type[BaseModel], section: tuple[str, ...]) -> tuple[str, str, str]:
    """Give what is wrong, why, and what to do, for one of pydantic's errors."""
    place = tuple(part for part in error["loc"] if part != "[key]")
    key = _key(place)
    if error["type"] == "missing":
        return f"{key} is missing", "it cannot be done without", f"write {key} = …"
    if error["type"] == "extra_forbidden" or "[key]" in error["loc"]:
        known = _known_keys(place[len(section) : -1], model)
        meant = get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
        fix = f"rename {key} to {_key((*place[:-1], meant[0]))}" if meant else f"remove {key}"
        return f"{key} is not a setting", f"known here: {', '.join(known)}", fix
    message = sentence_of(error)
    return f"{key}{_value(error['input'])} is not valid", message, f"correct {key}"


def _key(place: Sequence[object]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the file"


def _value(given: object) -> str:
    """Show a value as it stands in the file; a whole section says nothing."""
    if isinstance(given, Mapping):
        return ""
    text = json.dumps(given, ensure_ascii=False, default=str)
    return f" = {text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + '…'}"


def _known_keys(place: Sequence[object], model: Any) -> list[str]:
    """Give the keys that the section at `place` may hold."""
    if tuple(place[:1]) == ("cadence",) and place[1:] in _BY_DISPOSITION:
        return [disposition.value for disposition in DEFAULT_DELAYS]
    for part in place:
        if isinstance(part, int):  # one of a list
            continue
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field is not None else None
        if model is None:
            return []
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model in "that", "that or None" and "several of that"."""
    inner = get_args(annotation)
    if not inner and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in inner if (found := _model_in(one))), None)
