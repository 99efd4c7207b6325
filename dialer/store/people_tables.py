"""The tables of people: who signs in, with what, and who tried to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from dialer.store.columns import a_moment, a_text, an_id, some_json
from dialer.store.types import BigId


class User(SQLModel, table=True):
    """A person who signs in."""

    __tablename__ = "user_account"

    id: int = an_id()
    name: str = Field(unique=True)
    password_hash: str
    role: str
    created_at: datetime = a_moment(nullable=False)


class ApiToken(SQLModel, table=True):
    """A key for the API; only its hash is kept."""

    __tablename__ = "api_token"

    id: int = an_id()
    name: str
    token_hash: str = Field(unique=True)
    scopes: list[str] = some_json(nullable=False)
    created_at: datetime = a_moment(nullable=False)
    expires_at: datetime | None = a_moment()  # None: never
    revoked_at: datetime | None = a_moment()
    last_used_at: datetime | None = a_moment()  # to the minute


class KeptAnswer(SQLModel, table=True):
    """What a request with an idempotency key was answered, written with what it changed."""

    __tablename__ = "kept_answer"
    __table_args__ = (Index("kept_answer_created", "created_at"),)

    token_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    key: str = Field(primary_key=True)
    request_sha256: str
    answer: str | None = a_text()  # JSON; None only until the transaction's end
    created_at: datetime = a_moment(nullable=False)


def _index_of_person() -> Any:
    return Field(sa_column=Column(BigId, nullable=False, index=True))


class UserSession(SQLModel, table=True):
    """One signed-in browser; its cookie has what `token_hash` is the hash of."""

    __tablename__ = "user_session"

    token_hash: str = Field(primary_key=True)
    user_id: int = _index_of_person()
    created_at: datetime = a_moment(nullable=False)
    expires_at: datetime = a_moment(nullable=False)


class FirstLink(SQLModel, table=True):
    """A link that lets the first person in, once."""

    __tablename__ = "first_link"

    token_hash: str = Field(primary_key=True)
    expires_at: datetime = a_moment(nullable=False)


class OwnLink(SQLModel, table=True):
    """A link by which a person gives themselves a password, once."""

    __tablename__ = "own_link"

    token_hash: str = Field(primary_key=True)
    user_id: int = Field(default=None, sa_column=Column(BigId, nullable=False))
    expires_at: datetime = a_moment(nullable=False)


class SignInTry(SQLModel, table=True):
    """One sign-in that failed or is being tried; a good one is taken out again."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("sign_in_try_of", "kind", "whose", "at"), Index("sign_in_try_at", "at"))

    id: int = an_id()
    kind: str  # pair, address, name
    whose: str  # hashed: people type their password where the name belongs
    at: datetime = a_moment(nullable=False)
