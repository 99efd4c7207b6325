"""The OpenAPI document of the API, and a page that shows it without scripts and foreign hosts."""

from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from dialer.domain.roles import Scope
from dialer.web.api.access import open_to_all
from dialer.web.api.address import API
from dialer.web.api.problems import KINDS, FieldError, Problem
from dialer.web.pages import page
from dialer.web.problems import MEDIA_TYPE

router = open_to_all(tag="about")

TITLE = "Dialer API"
VERSION = "1"
ABOUT = (
    "What the command line does, for programs. Send `authorization: Bearer TOKEN`; "
    "`dialer tokens create NAME --scope leads:write` makes a token. Every error is a problem "
    "document (RFC 9457). Lists go on with `cursor`."
)
_SCHEMAS = "#/components/schemas/"
_ERRORS = {"4XX": "What was asked for is not possible.", "5XX": "We, or Retell, cannot now."}


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    """Give the OpenAPI document."""
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """Show the OpenAPI document to people."""
    document = request.app.openapi()
    return page(
        request,
        "api.html",
        document=document,
        sections=list(_sections(document)),
        scopes=[one for one in Scope if ":" in one],
        kinds=[(status, name, words) for status, (name, words) in KINDS.items()],
    )


def install(app: FastAPI) -> None:
    """Have the app describe itself with our errors; the document is made once."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=TITLE,
        version=VERSION,
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": API}],
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (FieldError, Problem):
        found = model.model_json_schema(ref_template=f"{_SCHEMAS}{{model}}")
        found.pop("$defs", None)
        schemas[model.__name__] = found
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{Problem.__name__}"}}}
    for _, _, operation in _operations(document):
        operation["responses"].pop("422", None)
        for code, words in _ERRORS.items():
            operation["responses"][code] = {"description": words, "content": content}
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _sections(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the operations by tag, each with what the page shows of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in _operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        found.setdefault(operation["tags"][0], []).append(
            {
                "id": operation["operationId"],
                "method": method,
                "path": f"{API}{path}",
                "about": operation.get("description", ""),
                "scope": operation["security"][0]["token"][0],
                "parameters": operation.get("parameters", []),
                "body": _shown(document, body.get("schema")),
                "answers": [
                    (code, _shown(document, _schema_of(answer)))
                    for code, answer in operation["responses"].items()
                    if code.startswith("2")
                ],
            }
        )
    yield from ({"tag": tag, "operations": operations} for tag, operations in found.items())


def _schema_of(answer: dict[str, Any]) -> dict[str, Any] | None:
    schema: dict[str, Any] | None = (
        answer.get("content", {}).get("application/json", {}).get("schema")
    )
    return schema


def _shown(document: dict[str, Any], schema: dict[str, Any] | None) -> str | None:
    """Write a schema with what it refers to, one level deep, as JSON for people."""
    if schema is None:
        return None
    name = _named(schema)
    known = document["components"]["schemas"]
    shown = known[name] if name is not None else schema
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()


def _named(schema: dict[str, Any]) -> str | None:
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            return str(one["$ref"]).removeprefix(_SCHEMAS)
    return None
