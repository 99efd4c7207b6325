"""Roles: what a person or a program may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each may all that those before it may."""

    VIEWER = "viewer"  # look, with numbers masked
    OPERATOR = "operator"  # run campaigns and decide about leads
    ADMIN = "admin"  # people, tokens and settings, too

    def includes(self, needed: "Role") -> bool:
        """Tell whether this role may what `needed` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class Scope(StrEnum):
    """What a token of the API may do."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


ROLE_OF_SCOPE = {
    Scope.READ: Role.VIEWER,
    Scope.OPERATE: Role.OPERATOR,
    Scope.ADMIN: Role.ADMIN,
}


def role_of(scopes: list[str]) -> Role | None:
    """Give the highest role that scopes give; None where none of them is known."""
    given = [ROLE_OF_SCOPE[scope] for scope in Scope if scope.value in scopes]
    return given[-1] if given else None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something; `name` is what the activity log says.

    `person_id` and `session` are None for a token of the API.
    """

    name: str
    role: Role
    person_id: int | None = None
    session: str | None = None  # its hash, as the row has it
