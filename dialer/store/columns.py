"""The kinds of columns that the tables are made of."""

from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from dialer.store.types import BigId, UtcDateTime, word


def an_id() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def a_moment(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable))


def a_ref(target: str, *, nullable: bool = False) -> Any:
    return Field(
        default=None,
        sa_type=BigId,
        foreign_key=target,
        nullable=nullable,
    )


def a_text(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=nullable))


def some_json(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=nullable))


def a_word(enum: Any, *, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(word(enum), nullable=nullable))


def table(model: type[SQLModel]) -> Any:
    """Give a model's table for Core statements."""
    return model.__table__  # type: ignore[attr-defined]
