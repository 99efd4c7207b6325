"""The OpenAPI document: what it promises is what is answered, whatever is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from api_peer import bearer, stocked, token_for
from fastapi import FastAPI, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_peer import settings_for

from dialer.actions.world import World
from dialer.web.api.address import API
from dialer.web.api.app import make_api
from dialer.web.app import make_app
from dialer.web.site import Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW, MANY = 6, 300
RETELLS = ("call_id", "agent_id", "voice_id", "attempt_id")
IDS = st.integers(min_value=1, max_value=4)


def document() -> dict[str, Any]:
    def nobody() -> World:
        raise AssertionError("a document needs no world")

    site = Site(settings_for("sqlite://"), build=nobody, release=lambda world: None)
    found = make_api(site).openapi()
    site.close()
    return found


OPERATIONS = sorted(
    (path, method) for path, methods in document()["paths"].items() for method in methods
)


@pytest.fixture(scope="module")
def schema(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, str]]:
    """Give the schema as the app serves it, over a database in which there is some of everything.

    One for all operations of a module: what one of them breaks, another should survive.
    """
    with stocked(sqlite_template, tmp_path_factory.mktemp("api")) as world:
        app = make_app(world, settings_for(world.db.url, print_first_link=False))
        yield schemathesis.openapi.from_asgi(f"{API}/openapi.json", app), token_for(world)


def fuzz(schema: tuple[Any, str], path: str, method: str, *, examples: int) -> None:
    described, token = schema
    operation = described[path][method]
    modes = [operation.as_strategy(generation_mode=one) for one in GenerationMode]

    @settings(
        max_examples=examples,
        derandomize=examples == FEW,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(modes), ids=IDS, known=st.booleans())
    def run(case: Any, ids: int, known: bool) -> None:
        if known:
            case.path_parameters = {
                name: ids if name.endswith("_id") and name not in RETELLS else value
                for name, value in (case.path_parameters or {}).items()
            }
        case.call_and_validate(checks=CHECKS, headers=bearer(token))

    run()


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda one: one)
def test_nothing_that_is_sent_makes_the_server_fail(
    schema: tuple[Any, str], path: str, method: str
) -> None:
    fuzz(schema, path, method, examples=FEW)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda one: one)
def test_nor_does_anything_of_much_more(schema: tuple[Any, str], path: str, method: str) -> None:
    fuzz(schema, path, method, examples=MANY)


def test_the_checks_find_an_answer_that_is_not_as_described() -> None:
    class Shown(BaseModel):
        id: int

    app = FastAPI()

    @app.get("/odd", response_model=Shown)
    def odd() -> Response:
        return Response(b'{"id": "x"}', media_type="application/json")

    @app.get("/crash", response_model=Shown)
    def crash() -> Response:
        return Response(b"{}", status_code=500, media_type="application/json")

    described = schemathesis.openapi.from_asgi("/openapi.json", app), ""
    for path in ("/odd", "/crash"):
        with pytest.raises(FailureGroup):
            fuzz(described, path, "get", examples=FEW)
