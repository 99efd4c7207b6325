"""The tables of numbers that must not be called."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    text,
)
from sqlmodel import Field, SQLModel

from dialer.domain.do_not_call import OptOutSource
from dialer.store.columns import a_moment, a_ref, a_text, a_word, an_id
from dialer.store.types import BigId


class Suppression(SQLModel, table=True):
    """A number not to be called, everywhere or in one campaign, for good or until it expires."""

    __tablename__ = "do_not_call"
    __table_args__ = (
        Index(
            "one_opt_out_everywhere",
            "phone",
            unique=True,
            sqlite_where=text("campaign_id IS NULL"),
            postgresql_where=text("campaign_id IS NULL"),
        ),
        Index(
            "one_opt_out_per_campaign",
            "phone",
            "campaign_id",
            unique=True,
            sqlite_where=text("campaign_id IS NOT NULL"),
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index("do_not_call_phone", "phone"),  # the two above serve no question about both scopes
    )

    id: int = an_id()
    phone: str
    campaign_id: int | None = a_ref("campaign.id", nullable=True)
    reason: str
    source: OptOutSource = a_word(OptOutSource)
    note: str | None = a_text()
    call_id: str | None = None
    actor: str
    created_at: datetime = a_moment(nullable=False)  # not called since
    expires_at: datetime | None = a_moment()


class Registry(SQLModel, table=True):
    """A register of numbers kept by others, such as a national one; holds everywhere."""

    id: int = an_id()
    name: str = Field(unique=True)
    dated: date | None = None  # of what is held; None when nobody said, or not all of it is in
    file_name: str
    numbers: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = a_moment(nullable=False)
    loaded_at: datetime | None = a_moment()  # when a file was last read to its end


class RegistryNumber(SQLModel, table=True):
    """One number of a register, without its plus; as small as can be, for there are millions."""

    __tablename__ = "registry_number"
    __table_args__ = {"sqlite_with_rowid": False}

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    registry_id: int = Field(
        sa_column=Column(BigId, ForeignKey("registry.id"), primary_key=True, autoincrement=False)
    )
