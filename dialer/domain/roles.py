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
    """What a token may do. The first three open pages as a person's role does."""

    READ = "read"  # pages, with numbers masked; of the API what names no person
    OPERATE = "operate"  # pages and the whole API
    ADMIN = "admin"  # the same; there is nothing yet that only an admin does there
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    LEADS_READ = "leads:read"  # and lead lists; numbers are not masked
    LEADS_WRITE = "leads:write"
    DNC_READ = "dnc:read"
    DNC_WRITE = "dnc:write"
    RESULTS_READ = "results:read"  # attempts, with what was said
    SCHEDULES_READ = "schedules:read"
    SCHEDULES_WRITE = "schedules:write"
    CALLS_READ = "calls:read"  # what Retell has: calls, numbers, agents, voices
    CALLS_WRITE = "calls:write"  # hang up, change, delete, bring in; talk in a browser
    WORKSPACE_WRITE = "workspace:write"  # buy, bind, release numbers; make and change agents
    HEALTH_READ = "health:read"  # health, incidents, the activity log
    HEALTH_WRITE = "health:write"  # acknowledge incidents


ROLE_OF_SCOPE = {
    Scope.READ: Role.VIEWER,
    Scope.OPERATE: Role.OPERATOR,
    Scope.ADMIN: Role.ADMIN,
}
OF_API = frozenset(Scope) - frozenset(ROLE_OF_SCOPE)
"""The scopes that a route of the API may ask for."""
_INCLUDED = {
    Scope.READ: frozenset({Scope.CAMPAIGNS_READ, Scope.SCHEDULES_READ}),
    Scope.OPERATE: OF_API,
    Scope.ADMIN: OF_API,
}


def role_of(scopes: list[str]) -> Role | None:
    """Give the highest role that scopes give; None where none of them opens pages."""
    given = [role for scope, role in ROLE_OF_SCOPE.items() if scope.value in scopes]
    return given[-1] if given else None


def api_scopes(scopes: list[str]) -> frozenset[Scope]:
    """Give all that a token with these scopes may ask of the API."""
    given = [scope for scope in Scope if scope.value in scopes]
    return frozenset().union(*(_INCLUDED.get(scope, frozenset({scope})) for scope in given))


@dataclass(frozen=True, slots=True)
class Program:
    """Who asks the API for something; `name` is what the activity log says."""

    name: str
    token_id: int
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something; `name` is what the activity log says.

    `person_id` and `session` are None for a token of the API.
    """

    name: str
    role: Role
    person_id: int | None = None
    session: str | None = None  # its hash, as the row has it
