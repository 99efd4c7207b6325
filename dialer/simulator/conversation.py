"""What a simulated agent answers to what a person types, by its prompt and the call's variables.

No model stands behind it: a few rules find out what is wanted, and otherwise the agent goes on
with its script. It is enough to hear one's variables, and to see every way a call may end.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialer.simulator.speech import NAME_VARIABLES, Line, fill_in

_OPT_OUT = re.compile(
    r"take me off|do(?: not|n'?t|n’t) call|stop calling|unsubscribe|remove (?:me|my number)", re.I
)
_CALLBACK = re.compile(r"call (?:me )?(?:back|later|again)|another time|in a meeting", re.I)
_ROBOT = re.compile(r"\b(?:robot|bot|human|machine|ai|real person)\b", re.I)
_ABOUT = re.compile(r"\b(?:who are you|who is this|what is this|what'?s this|about|why)\b", re.I)
_FAREWELL = re.compile(r"\b(?:bye|goodbye|hang up)\b", re.I)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
GOODBYE = "Thank you for your time. Goodbye."


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent says, and Retell's word for why it hangs up then; None: it goes on."""

    text: str
    ends: str | None = None


def opening(prompt: Mapping[str, Any], *, variables: Mapping[str, str]) -> str:
    """Give what the agent says first."""
    known = _known(prompt, variables)
    begin = prompt.get("begin_message")
    if isinstance(begin, str) and begin.strip():
        return fill_in(begin, variables=known)
    name = next((known[key] for key in NAME_VARIABLES if known.get(key)), "")
    return f"Hi {name}, this is Ava. Do you have a minute?" if name else "Hi, this is Ava."


def reply_to(
    said: Sequence[Line], *, prompt: Mapping[str, Any], variables: Mapping[str, str]
) -> Reply:
    """Answer the last thing that was said, which is the person's."""
    text = said[-1][1]
    if _OPT_OUT.search(text):
        return Reply("Of course. I have removed your number. Goodbye.", "user_requested_dnc")
    if _CALLBACK.search(text):
        return Reply("Gladly. I will call you then. Goodbye.", "user_requested_callback")
    if _FAREWELL.search(text):
        return Reply(GOODBYE, "agent_hangup")
    known = _known(prompt, variables)
    if _ROBOT.search(text):
        return Reply("Yes, I am an AI agent.")
    if named := [key for key in known if _names(text, key)]:
        return Reply(" ".join(f"My notes say: {_plain(key)} {known[key]}." for key in named))
    if _ABOUT.search(text):
        return Reply(_purpose(prompt, known))
    return _script(said, variables)


def _script(said: Sequence[Line], variables: Mapping[str, str]) -> Reply:
    """Go on where the talk stands, by what the agent has asked already."""
    spoken = [text for role, text in said if role == "agent"]
    facts = [f"{_plain(key)} {value}" for key, value in variables.items() if value]
    steps = (f"I have noted: {', '.join(facts)}. Is that right?", "Would a meeting suit you?")
    for step in steps if facts else steps[1:]:
        if step not in spoken:
            return Reply(step)
    return Reply(f"Understood. {GOODBYE}", "agent_hangup")


def _purpose(prompt: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """Say what the agent was told to be: the first sentence of its prompt, filled in."""
    general = prompt.get("general_prompt") or prompt.get("global_prompt")
    if not isinstance(general, str) or not general.strip():
        return "My prompt does not say what this is about."
    return f"My prompt says: {fill_in(_SENTENCE.split(general.strip())[0], variables=known)}"


def _known(prompt: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """Give the variables of a call; the agent's own values stand in for what is missing."""
    usual = prompt.get("default_dynamic_variables") or {}
    own = {key: str(value) for key, value in usual.items()}
    return {**own, **{key: value for key, value in variables.items() if value}}


def _names(text: str, key: str) -> bool:
    return re.search(rf"\b{re.escape(_plain(key))}\b", text, re.I) is not None


def _plain(key: str) -> str:
    return key.replace("_", " ")
