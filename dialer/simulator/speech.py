"""What is said in a simulated call, and what Retell makes of it afterwards."""

import re
from collections.abc import Mapping
from typing import Any

from dialer.simulator.calls import Call
from dialer.simulator.chance import chance
from dialer.simulator.outcomes import Outcome

Line = tuple[str, str]
"""Who speaks (`agent` or `user`) and what."""

NAME_VARIABLES = ("first_name", "name", "customer_name", "full_name", "last_name")
PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")

CLOSINGS: tuple[tuple[str, str, bool], ...] = (
    ("Yes, Thursday afternoon works for me.", "Positive", True),
    ("That sounds good, please send me the invitation.", "Positive", True),
    ("Maybe. Can you send me something to read first?", "Neutral", False),
    ("No, thank you, I am not interested.", "Negative", False),
)
"""What the callee says at last, the sentiment, and whether the call was a success."""


def fill_in(template: str, *, variables: Mapping[str, str]) -> str:
    """Replace `{{name}}` as Retell does: what has no value stays as it is."""
    return PLACEHOLDER.sub(lambda found: variables.get(found[1], found[0]), template)


def _closing(call: Call) -> tuple[str, str, bool]:
    return chance(0, "closing", call.request.to_number, call.nth).choice(CLOSINGS)


def lines(call: Call) -> list[Line]:
    """Give the words of a call; none when nobody picked up."""
    if not call.connected:
        return []
    if call.in_browser:
        return call.said
    variables = call.request.retell_llm_dynamic_variables or {}
    name = next((variables[key] for key in NAME_VARIABLES if variables.get(key)), "")
    greeting = f"Hi {name}, this is Ava." if name else "Hi, this is Ava."
    outcome = call.script.outcome
    if outcome is Outcome.VOICEMAIL:
        return [
            ("user", "I cannot take your call right now. Please leave a message after the tone."),
            ("agent", f"{greeting} I will try again another time. Goodbye."),
        ]
    opening = [("agent", f"{greeting} Do you have a minute?")]
    if outcome is Outcome.OPT_OUT:
        return [
            *opening,
            ("user", "Please take me off your list and do not call me again."),
            ("agent", "Of course. I have removed your number. Goodbye."),
        ]
    if outcome is Outcome.CALLBACK:
        return [
            *opening,
            ("user", "I am in a meeting. Can you call me back tomorrow at ten?"),
            ("agent", "Gladly. I will call you tomorrow at ten. Goodbye."),
        ]
    return [*opening, *_pitch(variables, name=name), ("user", _closing(call)[0]), _GOODBYE]


_GOODBYE: Line = ("agent", "Understood. Thank you for your time. Goodbye.")


def _pitch(variables: Mapping[str, str], *, name: str) -> list[Line]:
    told = {key: value for key, value in variables.items() if value and value != name}
    facts = [f"{key.replace('_', ' ')} {value}" for key, value in told.items()]
    noted = f"I have noted: {', '.join(facts)}. Is that right?" if facts else "It will be quick."
    return [
        ("user", "Yes, go ahead."),
        ("agent", noted),
        ("user", "Yes, that is right."),
        ("agent", "Would a short meeting this week suit you?"),
    ]


def transcript(said: list[Line]) -> str:
    """Write the words as Retell's plain transcript."""
    return "".join(f"{role.capitalize()}: {text}\n" for role, text in said)


def transcript_object(said: list[Line], *, duration_ms: int) -> list[dict[str, Any]]:
    """Write the words with the seconds at which each is spoken, spread over the call."""
    spoken = [(role, text, text.split(" ")) for role, text in said]
    count = sum(len(words) for _, _, words in spoken)
    pace_s = duration_ms / 1000 / max(count, 1)
    position = 0
    utterances: list[dict[str, Any]] = []
    for role, text, words in spoken:
        timed = [
            {
                "word": f"{word} ",
                "start": round((position + index) * pace_s, 3),
                "end": round((position + index + 0.9) * pace_s, 3),
            }
            for index, word in enumerate(words)
        ]
        position += len(words)
        utterances.append({"role": role, "content": text, "words": timed})
    return utterances


def scrubbed(
    utterances: list[dict[str, Any]], *, variables: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give what was said without the names in it."""
    names = [variables[key] for key in NAME_VARIABLES if variables.get(key)]

    def clean(text: str) -> str:
        for name in names:
            text = text.replace(name, "[NAME]")
        return text

    return [
        {"role": one["role"], "content": clean(one["content"]), "words": []} for one in utterances
    ]


def analysis(call: Call) -> dict[str, Any]:
    """Give call_analysis; custom fields stay empty unless a person talked."""
    verdict = _verdict(call)
    summary, sentiment, success, custom = verdict
    return {
        "call_summary": summary,
        "in_voicemail": call.connected and call.script.outcome is Outcome.VOICEMAIL,
        "user_sentiment": sentiment,
        "call_successful": success,
        "custom_analysis_data": custom,
    }


def _made_of(call: Call) -> Outcome:
    """Say what became of a call; in a browser the person decides it."""
    decided = {
        "user_requested_dnc": Outcome.OPT_OUT,
        "user_requested_callback": Outcome.CALLBACK,
    }
    return decided.get(call.reason or "", call.script.outcome)


def _verdict(call: Call) -> tuple[str, str, bool, dict[str, Any]]:
    if not call.connected:
        return "The call did not connect.", "Unknown", False, {}
    if call.reason == "manual_stopped":
        return "The call was stopped before it came to an end.", "Unknown", False, {}
    match _made_of(call):
        case Outcome.VOICEMAIL:
            return "The agent reached a voicemail and left a message.", "Unknown", False, {}
        case Outcome.OPT_OUT:
            asked = {"do_not_call": True}
            return "The person asked not to be called again.", "Negative", False, asked
        case Outcome.CALLBACK:
            wish = {"callback_requested": True, "callback_time": "tomorrow at 10:00"}
            return "The person asked to be called back tomorrow.", "Neutral", False, wish
        case _ if call.in_browser:
            said = [text for role, text in call.said if role == "user"]
            words = said[-1] if said else "nothing"
            return f"Somebody tried the agent in a browser. They said: {words}", "Neutral", True, {}
        case _:
            words, sentiment, success = _closing(call)
            summary = f"The agent proposed a meeting. The person said: {words}"
            return summary, sentiment, success, {"interested": success, "last_words": words}
