"""Reading rows with types.

A row of a Core statement has its columns as attributes, like an object of the model, at a tenth
of the cost. `one` and `many` give such rows under the model's type; they are read-only.

Statements of the hot path are built once, at import, with named parameters: building one takes
longer than running it.
"""

from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlmodel import SQLModel

M = TypeVar("M", bound=SQLModel)


def one(tx: Connection, _model: type[M], statement: Any, **parameters: Any) -> M | None:
    """Give the first row of `statement` as a read-only `M`, or None."""
    return cast("M | None", tx.execute(statement, parameters).first())


def many(tx: Connection, _model: type[M], statement: Any, **parameters: Any) -> list[M]:
    """Give all rows of `statement` as read-only `M`s."""
    return cast("list[M]", list(tx.execute(statement, parameters).all()))
