"""The address at which Prometheus reads the figures of one web process."""

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from dialer.web.access import open_to_all
from dialer.web.site import site_of

router = open_to_all()


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Give all metrics of this process."""
    shown = site_of(request).metrics
    return Response(shown.text(), media_type=CONTENT_TYPE_LATEST)
