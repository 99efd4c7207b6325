"""Assets: styles and scripts under names that change with their content.

Pico's style sheet and ours are one file, each in a cascade layer, so that ours wins without
shouting. Nothing is read from disk after the start.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from starlette.responses import Response

from dialer.web.access import open_to_all
from dialer.web.problems import problem

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
PICO = VENDOR / "pico-2.1.1.min.css"
HTMX, STREAMS = VENDOR / "htmx-4.0.1.min.js", VENDOR / "hx-sse-4.0.1.min.js"
KIT = (
    (VENDOR / "eventemitter3-5.0.1.umd.min.js").read_bytes,
    (VENDOR / "livekit-client-2.23.0.umd.js").read_bytes,
    # The kit looks for both under other names than they give themselves.
    lambda: b"self.eventemitter3 = self.EventEmitter3; self.livekitClient = self.LivekitClient;",
    (VENDOR / "retell-client-js-sdk-2.0.8.umd.js").read_bytes,
)
"""Retell's browser kit and what it needs, in the order in which they are run."""
FOR_GOOD = "public, max-age=31536000, immutable"

router = open_to_all()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    media_type: str


def url_of(name: str) -> str:
    """Give the address of an asset: `dialer.css`, `htmx.js` …"""
    return f"/static/{_names()[name]}"


@router.get("/static/{name}")
def asset(name: str) -> Response:
    """Serve an asset, to be kept for good: another content has another name."""
    found = _assets().get(name)
    if found is None:
        return problem(HTTPStatus.NOT_FOUND)
    headers = {"cache-control": FOR_GOOD}
    return Response(found.body, media_type=found.media_type, headers=headers)


@lru_cache(maxsize=1)
def _assets() -> dict[str, Asset]:
    return {_names()[name]: one for name, one in _sources().items()}


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = {}
    for name, one in _sources().items():
        stem, _, kind = name.rpartition(".")
        names[name] = f"{stem}.{hashlib.sha256(one.body).hexdigest()[:12]}.{kind}"
    return names


@lru_cache(maxsize=1)
def _sources() -> dict[str, Asset]:
    return {
        "dialer.css": Asset(_style().encode(), "text/css"),
        "dialer.js": Asset((STATIC / "dialer.js").read_bytes(), "text/javascript"),
        # htmx and its extension for event streams are always loaded together.
        "talk.js": Asset((STATIC / "talk.js").read_bytes(), "text/javascript"),
        "retell.js": Asset(b"\n".join(part() for part in KIT), "text/javascript"),
        "htmx.js": Asset(HTMX.read_bytes() + b"\n" + STREAMS.read_bytes(), "text/javascript"),
    }


def _style() -> str:
    pico = PICO.read_text(encoding="utf-8").removeprefix('@charset "UTF-8";')
    own = (STATIC / "dialer.css").read_text(encoding="utf-8")
    return (
        '@charset "UTF-8";\n@layer pico, dialer;\n'
        f"@layer pico {{\n{pico}\n}}\n@layer dialer {{\n{own}\n}}\n"
    )
