"""The voices of the simulated Retell; their addresses lead nowhere."""

from typing import Any

from dialer.simulator.answers import Answer, refusal

_VOICES = (
    ("11labs-Adrian", "Adrian", "elevenlabs", "male", "American", "Young"),
    ("11labs-Dorothy", "Dorothy", "elevenlabs", "female", "British", "Young"),
    ("cartesia-Cleo", "Cleo", "cartesia", "female", "American", "Middle Aged"),
    ("openai-Alloy", "Alloy", "openai", "female", "American", "Young"),
    ("minimax-Max", "Max", "minimax", "male", "Australian", "Old"),
)


def voices() -> list[dict[str, Any]]:
    """Give every voice as Retell shows it."""
    return [
        {
            "voice_id": voice_id,
            "voice_name": name,
            "provider": provider,
            "gender": gender,
            "accent": accent,
            "age": age,
            "avatar_url": f"https://voices.example/{name.lower()}.png",
            "preview_audio_url": f"https://voices.example/{name.lower()}.mp3",
        }
        for voice_id, name, provider, gender, accent, age in _VOICES
    ]


def is_voice(voice_id: str) -> bool:
    """Tell whether there is such a voice."""
    return any(one[0] == voice_id for one in _VOICES)


def list_voices() -> Answer:
    """GET /list-voices: a bare array, and no pages."""
    return Answer(200, voices())


def get_voice(voice_id: str) -> Answer:
    """GET /get-voice/{voice_id}."""
    found = [one for one in voices() if one["voice_id"] == voice_id]
    return Answer(200, found[0]) if found else refusal(422)
