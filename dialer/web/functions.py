"""The functions of agents: `POST /functions/{name}`.

The agent is told what it can say in any case: what cannot be used, is not known, or breaks is
answered in words. https://docs.retellai.com/build/single-multi-prompt/custom-function
"""

from http import HTTPStatus
from time import perf_counter

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.answering import answer
from dialer.actions.questions import STILL, read_question
from dialer.domain.functions import Result
from dialer.web.access import open_to_all
from dialer.web.problems import problem
from dialer.web.signed import Late, answer_signed
from dialer.web.site import Site, site_of

router = open_to_all()

FOLDER = "/functions/"


@router.post(FOLDER + "{name}")
async def call_function(request: Request, name: str) -> Response:
    """Answer an agent; asynchronous because the signature needs the raw body."""
    site = site_of(request)
    began = perf_counter()
    answered = await answer_signed(
        request,
        site,
        lambda body, now: _answer(site, name, body),
        threads=site.answering,
        late=Late(site.settings.function_seconds, lambda: _still(site, name)),
    )
    site.metrics.function_seconds.observe(perf_counter() - began)
    return answered


def _still(site: Site, name: str) -> Response:
    """Ask for patience; what is done is kept, and told when it is asked for again."""
    site.metrics.functions.labels(_known(site, name), Result.RUNNING).inc()
    return _document(STILL.document())


def _known(site: Site, name: str) -> str:
    return name if name in site.functions else "other"


def _answer(site: Site, name: str, body: bytes) -> Response:
    question = read_question(name, body)
    if question is None:
        return problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.")
    told = answer(site.world(), site.functions, question)
    site.metrics.functions.labels(_known(site, name), told.result).inc()
    status = HTTPStatus.NOT_FOUND if told.result is Result.NO_SUCH else HTTPStatus.OK
    return _document(told.document, status=status)


def _document(document: dict[str, object], *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(
        orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS),
        status_code=status,
        media_type="application/json",
    )
