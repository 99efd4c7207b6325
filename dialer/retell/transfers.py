"""Transfers, as Retell tells of them: https://docs.retellai.com/features/webhook-overview."""

from collections.abc import Mapping

from dialer.retell.models import WebhookEvent

TRANSFERS: Mapping[str, str] = {
    "transfer_started": "transfer begun",
    "transfer_bridged": "transfer connected",
    "transfer_cancelled": "transfer given up",
    "transfer_ended": "transfer over",
}
"""Events that may happen more than once in a call, in our words."""
_LONGEST = 200


def told_of_transfer(webhook: WebhookEvent) -> str:
    """Say in a sentence what a transfer's event tells."""
    where, how = _first(webhook.transfer_destination), _first(webhook.transfer_option)
    sentence = TRANSFERS[webhook.event]
    sentence += f", to {where}" if where else ""
    return sentence + (f" ({how.replace('_', ' ')})" if how else "")


def _first(value: object) -> str:
    """Give what names a destination or an option, whatever shape it comes in."""
    if isinstance(value, Mapping):
        named = (value.get(name) for name in ("number", "agent_id", "agentId", "type"))
        value = next((one for one in named if isinstance(one, str) and one), None)
    if not isinstance(value, str):
        return ""
    plain = "".join(letter if letter.isprintable() else " " for letter in value)
    return plain.encode(errors="replace").decode()[:_LONGEST]
