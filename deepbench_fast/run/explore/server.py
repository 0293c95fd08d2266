"""Serves the explorer's page to this machine alone: by the loopback address, to whoever knows the token.

Nothing on the page comes from elsewhere, and its policy lets it ask for nothing elsewhere. A request whose Host is none
of the loopback's names is refused, so that no page of another site, whose name was made to lead here, can read ours.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import signal
import struct
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.leaving import number_of
from deepbench_fast.run.explore.frames import Frame
from deepbench_fast.run.explore.parts import part

Answer: TypeAlias = Callable[[Mapping[str, Any]], Frame]

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")
LONGEST_REQUEST = 2**20
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; "
    "connect-src ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class _Served:
    """What the handlers of one page share: who answers, on one thread, and who listens."""

    answer: Answer
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    views: set[_Socket] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self.port}/?token={self.token}"

    def knows(self, host: str) -> bool:
        """Whether this is one of the names that lead here and nowhere else."""
        return host in {f"{name}:{self.port}" for name in NAMES}


def serve(answer: Answer, port: int, ready: Callable[[str], object]) -> None:
    """Serve the page until Ctrl-C; `ready` is told its address, with the token, once it is served.

    Raises UsageError where the port is taken, and where an event loop runs in this thread, as in notebooks.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise UsageError("a notebook shows the explorer where it is a cell's last value; serve() is for programs")
    try:
        asyncio.run(_serve(answer, port, ready))
    except KeyboardInterrupt as interrupt:
        if number_of(interrupt) != signal.SIGINT:  # how a person ends it
            raise


async def _serve(answer: Answer, port: int, ready: Callable[[str], object]) -> None:
    try:
        sockets = bind_sockets(port, ADDRESS)
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} can't be had: {getattr(error, 'strerror', None) or error}") from None
    served = _Served(answer, sockets[0].getsockname()[1])
    with_served = {"served": served}
    pages = [("/", _Page, with_served), ("/socket", _Socket, with_served)]
    server = HTTPServer(Application(pages, log_function=_unheard, websocket_max_message_size=LONGEST_REQUEST))
    server.add_sockets(sockets)
    try:
        ready(served.address)
        await asyncio.Event().wait()
    finally:
        server.stop()
        served.thread.shutdown(wait=False, cancel_futures=True)


def _unheard(handler: RequestHandler) -> None:
    """Requests are not written to the terminal: their addresses hold the token."""


class _Guarded(RequestHandler):
    """Refuses who doesn't come from this machine's own page."""

    served: _Served

    def initialize(self, served: _Served) -> None:
        self.served = served

    def prepare(self) -> None:
        if not self.served.knows(self.request.host):
            raise HTTPError(403, reason="Unknown host")
        token = self.get_query_argument("token", "")
        if not hmac.compare_digest(token.encode(), self.served.token.encode()):
            raise HTTPError(403, reason="Wrong token")

    def write_error(self, status_code: int, **details: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}: open the address that deepbench-fast explore printed\n")


class _Page(_Guarded):
    """The page, all of it in one answer."""

    def get(self) -> None:
        nonce = secrets.token_urlsafe(16)
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Content-Security-Policy", POLICY.format(nonce=nonce, host=self.request.host))
        script = part("explorer.js") + part("page.js")
        self.finish(part("page.html").format(nonce=nonce, css=part("explorer.css"), js=script))


class _Socket(_Guarded, WebSocketHandler):
    """The page's requests and their answers, which every page that is open sees."""

    def check_origin(self, origin: str) -> bool:
        return self.served.knows(urlsplit(origin).netloc)

    def open(self, *arguments: str, **named: str) -> None:
        self.set_nodelay(True)
        self.served.views.add(self)

    def on_close(self) -> None:
        self.served.views.discard(self)

    async def on_message(self, message: str | bytes) -> None:
        try:
            request = json.loads(message)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self.close(1003, "a request is a JSON object")
            return
        work = asyncio.get_running_loop().run_in_executor(self.served.thread, self._work, request)
        try:
            packed = await work
        except asyncio.CancelledError:  # the end: Tornado would tell of it at length, with the token
            return
        for view in list(self.served.views):
            try:
                view.write_message(packed, binary=True).add_done_callback(asyncio.Future.exception)
            except WebSocketClosedError:
                self.served.views.discard(view)

    def _work(self, request: Mapping[str, Any]) -> bytes:
        return _packed(self.served.answer(request))


def _packed(frame: Frame) -> bytes:
    """Length of the header in JSON (uint32, little-endian), the header with the buffers' `sizes`, the buffers."""
    header = json.dumps({**frame.header, "sizes": [len(part) for part in frame.buffers]}, allow_nan=False).encode()
    return b"".join([struct.pack("<I", len(header)), header, *frame.buffers])
