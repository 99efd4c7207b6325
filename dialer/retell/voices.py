"""The voices that agents may have.

https://docs.retellai.com/api-references/list-voices
"""

from urllib.parse import quote

from pydantic import RootModel

from dialer.errors import VoiceNotFound
from dialer.retell.models import Kept
from dialer.retell.outcomes import naming_one, read_as
from dialer.retell.requests import Requests


class Voice(Kept):
    """A voice; new providers appear every few months."""

    voice_id: str
    voice_name: str | None = None
    provider: str | None = None
    gender: str | None = None
    accent: str | None = None
    age: str | None = None
    avatar_url: str | None = None
    preview_audio_url: str | None = None


class Voices(RootModel[list[Voice]]):
    """The answer of list-voices: a bare array."""


class VoiceDesk:
    """Asks for voices. Raises AccountProblem or ProviderUnavailable."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def every(self) -> tuple[Voice, ...]:
        """Ask for all voices."""
        return tuple(read_as(Voices, self._requests.ask("GET", "/list-voices")).root)

    def show(self, voice_id: str) -> Voice:
        """Ask for one voice.

        Raises:
            VoiceNotFound: Retell knows no such voice.
        """
        with naming_one(VoiceNotFound):
            answer = self._requests.ask("GET", f"/get-voice/{quote(voice_id, safe='')}")
        return read_as(Voice, answer)
