"""People and tokens: who may sign in, as what, and who may not any more."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from factories import Stage

from dialer.actions import api_tokens, people, sessions
from dialer.actions.secrets import hash_token
from dialer.actions.sessions import SignInRefused, TooManyTries
from dialer.domain import credentials
from dialer.domain.roles import Actor, Role, Scope
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import ledger
from dialer.store.database import Connection
from dialer.store.sessions import note_try

PASSWORD = "four words without sense"
HOME = "192.0.2.7"


def add(stage: Stage, name: str = "ann", role: Role = Role.ADMIN) -> None:
    now = stage.clock.now()
    people.add(stage.world.db, name, password=PASSWORD, role=role, actor="test", now=now)


def sign_in(
    stage: Stage, name: str = "ann", password: str = PASSWORD, *, address: str = HOME
) -> str:
    now = stage.clock.now()
    return sessions.sign_in(stage.world.db, name, password, address=address, now=now)


def who(stage: Stage, token: str) -> Actor | None:
    return sessions.who(stage.world.db, token, now=stage.clock.now())


def signed_in(stage: Stage, token: str) -> Actor:
    actor = who(stage, token)
    assert actor is not None
    return actor


def texts_of(stage: Stage) -> str:
    """Give every text in the tables of people, as somebody who stole the database reads them."""

    def body(tx: Connection) -> str:
        names = ("user_account", "user_session", "first_link", "api_token", "sign_in_try")
        return str([tx.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names])

    return stage.world.db.read(body)


def done(stage: Stage, subject: str) -> list[tuple[str, str]]:
    found = stage.world.db.read(lambda tx: ledger.of_subject(tx, subject))
    return [(row.actor, row.action) for row in found]


class TestFirstLink:
    def test_it_lets_one_person_in_who_becomes_the_admin(self, stage: Stage) -> None:
        db, now = stage.world.db, stage.clock.now()
        first, second = people.first_link(db, now=now), people.first_link(db, now=now)
        assert first is not None
        assert second is not None
        assert first not in texts_of(stage)
        people.add_first(db, first, name=" Ann ", password=PASSWORD, now=now)
        assert [(row.name, row.role) for row in people.everybody(db)] == [("ann", "admin")]
        for link in (first, second):
            assert not people.is_first_link(db, link, now=now)
            with pytest.raises(RefusedByRule):
                people.add_first(db, link, name="eve", password=PASSWORD, now=now)
        assert people.first_link(db, now=now) is None
        assert done(stage, "person:ann") == [("ann", "add_person")]

    def test_a_bad_password_does_not_use_it_up(self, stage: Stage) -> None:
        db, now = stage.world.db, stage.clock.now()
        link = people.first_link(db, now=now)
        assert link is not None
        with pytest.raises(UserError, match="too short"):
            people.add_first(db, link, name="ann", password="short", now=now)
        assert people.is_first_link(db, link, now=now)

    def test_it_ends(self, stage: Stage) -> None:
        db = stage.world.db
        link = people.first_link(db, now=stage.clock.now())
        assert link is not None
        stage.clock.moment += credentials.FIRST_LINK_LASTS
        assert not people.is_first_link(db, link, now=stage.clock.now())
        with pytest.raises(RefusedByRule):
            people.add_first(db, link, name="ann", password=PASSWORD, now=stage.clock.now())

    def test_two_at_the_same_moment_make_one_admin(self, stage: Stage) -> None:
        db, now = stage.world.db, stage.clock.now()
        links = [people.first_link(db, now=now) for _ in range(4)]

        def use(number: int) -> bool:
            link = links[number]
            assert link is not None
            try:
                people.add_first(db, link, name=f"p{number}", password=PASSWORD, now=now)
            except RefusedByRule:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(use, range(4))) == 1
        assert len(people.everybody(db)) == 1


class TestSignIn:
    def test_a_wrong_password_and_a_wrong_name_are_told_the_same(self, stage: Stage) -> None:
        add(stage)
        told = []
        for name, password in (("ann", "not it at all"), ("eve", PASSWORD), ("", "")):
            with pytest.raises(SignInRefused) as refused:
                sign_in(stage, name, password)
            told.append((refused.value.what, refused.value.why, refused.value.fix))
        assert len(set(told)) == 1

    def test_a_session_is_known_by_a_token_that_the_database_does_not_hold(
        self, stage: Stage
    ) -> None:
        add(stage)
        token = sign_in(stage, "ANN")
        assert who(stage, token) == Actor("ann", Role.ADMIN, 1, hash_token(token))
        assert token not in texts_of(stage)
        assert PASSWORD not in texts_of(stage)
        assert who(stage, hash_token(token)) is None

    def test_each_sign_in_has_a_session_of_its_own(self, stage: Stage) -> None:
        add(stage)
        here, there = sign_in(stage), sign_in(stage)
        assert here != there
        sessions.sign_out(stage.world.db, signed_in(stage, here))
        assert who(stage, here) is None
        assert who(stage, there) is not None

    def test_a_session_ends_by_itself(self, stage: Stage) -> None:
        add(stage)
        token = sign_in(stage)
        stage.clock.moment += credentials.SESSION_LASTS - timedelta(seconds=1)
        assert who(stage, token) is not None
        stage.clock.moment += timedelta(seconds=1)
        assert who(stage, token) is None

    def test_signing_out_everywhere_ends_the_sessions_of_one_person(self, stage: Stage) -> None:
        add(stage)
        add(stage, "ben")
        mine, also_mine, other = sign_in(stage), sign_in(stage), sign_in(stage, "ben")
        actor = signed_in(stage, mine)
        sessions.sign_out_everywhere(stage.world.db, actor, now=stage.clock.now())
        assert [who(stage, token) is None for token in (mine, also_mine, other)] == [
            True,
            True,
            False,
        ]

    def test_guessing_is_refused_after_a_few_tries_even_when_right(self, stage: Stage) -> None:
        add(stage)
        for _ in range(credentials.MOST_TRIES["pair"]):
            with pytest.raises(SignInRefused):
                sign_in(stage, password="not it at all")
        with pytest.raises(TooManyTries):
            sign_in(stage)
        assert sign_in(stage, address="198.51.100.9")
        stage.clock.moment += credentials.TRIES_WITHIN
        assert sign_in(stage)

    def test_guessing_many_names_from_one_address_is_refused(self, stage: Stage) -> None:
        add(stage)
        address = hashlib.sha256(HOME.encode()).hexdigest()
        now = stage.clock.now()
        forget = now - credentials.TRIES_WITHIN
        for number in range(credentials.MOST_TRIES["address"]):
            guessed = {"address": address, "name": f"name{number}", "pair": f"pair{number}"}
            stage.world.db.transact(
                lambda tx, whose=guessed: note_try(tx, whose, now=now, forget=forget)
            )
        with pytest.raises(TooManyTries):
            sign_in(stage)
        assert sign_in(stage, address="198.51.100.9")

    def test_who_signs_in_often_is_not_taken_for_a_guesser(self, stage: Stage) -> None:
        add(stage)
        for _ in range(credentials.MOST_TRIES["pair"] + 2):
            sign_in(stage)

    def test_many_guesses_at_one_moment_are_counted_too(self, stage: Stage) -> None:
        add(stage)

        def guess(_: int) -> type[Exception]:
            try:
                sign_in(stage, password="not it at all")
            except (SignInRefused, TooManyTries) as error:
                return type(error)
            raise AssertionError("it was let in")

        most = credentials.MOST_TRIES["pair"]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(guess, range(most + 5)))
        assert found.count(SignInRefused) == most


class TestChanges:
    def test_another_password_ends_all_sessions_of_the_old_one(self, stage: Stage) -> None:
        add(stage)
        token, now = sign_in(stage), stage.clock.now()
        people.set_password(stage.world.db, "ann", password="another long one", actor="x", now=now)
        assert who(stage, token) is None
        with pytest.raises(SignInRefused):
            sign_in(stage)
        assert sign_in(stage, password="another long one")

    def test_ones_own_password_needs_the_old_one(self, stage: Stage) -> None:
        add(stage)
        token, db, now = sign_in(stage), stage.world.db, stage.clock.now()
        actor = signed_in(stage, token)
        new = "another long one"
        with pytest.raises(SignInRefused):
            sessions.change_password(db, actor, old="guess", new=new, address=HOME, now=now)
        assert who(stage, token) is not None
        sessions.change_password(db, actor, old=PASSWORD, new=new, address=HOME, now=now)
        assert who(stage, token) is None
        assert sign_in(stage, password=new)

    def test_another_role_holds_at_once(self, stage: Stage) -> None:
        add(stage)
        add(stage, "ben", Role.VIEWER)
        token = sign_in(stage, "ben")
        people.set_role(
            stage.world.db, "ben", role=Role.OPERATOR, actor="ann", now=stage.clock.now()
        )
        assert signed_in(stage, token).role is Role.OPERATOR
        assert done(stage, "person:ben")[-1] == ("ann", "set_role")

    def test_who_is_removed_is_out_at_once(self, stage: Stage) -> None:
        add(stage)
        add(stage, "ben")
        token = sign_in(stage, "ben")
        people.remove(stage.world.db, "ben", actor="ann", now=stage.clock.now())
        assert who(stage, token) is None
        with pytest.raises(SignInRefused):
            sign_in(stage, "ben")

    def test_the_last_admin_stays(self, stage: Stage) -> None:
        db, now = stage.world.db, stage.clock.now()
        add(stage)
        add(stage, "ben", Role.OPERATOR)
        with pytest.raises(RefusedByRule, match="only admin"):
            people.remove(db, "ann", actor="ann", now=now)
        with pytest.raises(RefusedByRule, match="only admin"):
            people.set_role(db, "ann", role=Role.VIEWER, actor="ann", now=now)
        people.set_role(db, "ann", role=Role.ADMIN, actor="ann", now=now)
        people.remove(db, "ben", actor="ann", now=now)

    def test_a_name_is_given_once(self, stage: Stage) -> None:
        add(stage)
        with pytest.raises(RefusedByRule, match="already"):
            add(stage, "Ann")

    def test_nobody_is_told_apart_from_somebody_else(self, stage: Stage) -> None:
        now = stage.clock.now()
        with pytest.raises(NotFound):
            people.remove(stage.world.db, "eve", actor="ann", now=now)

    @pytest.mark.parametrize("name", ["", " ", "x" * 65, "a/b", "a\nb", "<b>"])
    def test_what_is_no_name_is_refused(self, stage: Stage, name: str) -> None:
        with pytest.raises(UserError):
            add(stage, name)

    @pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaa", "ann's1234!"])
    def test_what_is_soon_guessed_is_refused(self, stage: Stage, password: str) -> None:
        with pytest.raises(UserError):
            people.add(
                stage.world.db,
                "ann's" if password.startswith("ann's") else "ann",
                password=password,
                role=Role.VIEWER,
                actor="x",
                now=stage.clock.now(),
            )


class TestTokens:
    def test_one_is_shown_once_and_kept_as_a_hash(self, stage: Stage) -> None:
        db, now = stage.world.db, stage.clock.now()
        scopes = [Scope.OPERATE, Scope.READ]
        row, token = api_tokens.create(db, "CI", scopes=scopes, actor="ann", now=now)
        assert token not in texts_of(stage)
        assert sessions.who_by_token(db, token, now=now) == Actor("token:ci", Role.OPERATOR)
        assert [one.scopes for one in api_tokens.everything(db)] == [["read", "operate"]]
        assert done(stage, f"token:{row}") == [("ann", "create_token")]

    def test_a_revoked_one_is_refused_at_once(self, stage: Stage) -> None:
        db, now = stage.world.db, stage.clock.now()
        row, token = api_tokens.create(db, "ci", scopes=[Scope.READ], actor="ann", now=now)
        assert api_tokens.revoke(db, row, actor="ann", now=now) == "ci"
        assert sessions.who_by_token(db, token, now=now) is None
        with pytest.raises(NotFound):
            api_tokens.revoke(db, row, actor="ann", now=now)

    def test_one_without_a_scope_is_not_made(self, stage: Stage) -> None:
        with pytest.raises(UserError):
            api_tokens.create(stage.world.db, "ci", scopes=[], actor="a", now=stage.clock.now())
