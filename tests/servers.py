"""Servers that tests start: a web server that gives ranges of a folder's files, and an object store."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Web:
    """A web server: its address, what was asked of it, and how it behaves.

    `answers` are the statuses of its next answers, before it goes on well; `cut` takes so many bytes from each range;
    `moved` says how far behind what was asked its ranges begin;
    `pause` are seconds before each answer, and `most_at_once` how many waited together.
    """

    address: str = ""
    asked: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    ranges: bool = True
    cut: int = 0
    moved: int = 0
    pause: float = 0.0
    waiting: int = 0
    most_at_once: int = 0
    zeros: int = 0  # bytes of the object "zeros", which is no file

    def __truediv__(self, name: str) -> str:
        return self.address + name


class _Ranges(SimpleHTTPRequestHandler):
    """Gives ranges of files."""

    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        web = self.web
        web.asked.append(f"{self.path} {self.headers.get('Range', '')}")
        if web.pause:
            web.waiting += 1
            web.most_at_once = max(web.most_at_once, web.waiting)
            time.sleep(web.pause)
            web.waiting -= 1
        if web.answers:
            self.send_error(web.answers.pop(0))
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        is_zeros = self.path == "/zeros"
        if wanted is None or not (web.ranges and (is_zeros or path.is_file())):
            super().do_GET()
            return
        first, size = int(wanted[1]) + web.moved, web.zeros if is_zeros else path.stat().st_size
        length = min(int(wanted[2]) + 1 + web.moved, size) - first
        if length <= 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = bytes(length) if is_zeros else _part(path, first, length)
        data = data[: max(0, length - web.cut)]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{first + length - 1}/{size}")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"zeros"' if is_zeros else f'"{path.stat().st_mtime_ns}"')
        self.end_headers()
        self.wfile.write(data)

    def handle(self) -> None:
        with suppress(ConnectionError):  # who asked has seen enough
            super().handle()

    def log_message(self, *unused: Any) -> None:
        """Nothing."""


def _part(path: Path, first: int, length: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(first)
        return file.read(length)


@contextmanager
def web_server(folder: Path) -> Iterator[Web]:
    """A web server of a folder."""
    web = Web()
    handler = type("Handler", (_Ranges,), {"web": web})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    server.daemon_threads = True
    web.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def object_store() -> Iterator[Any]:
    """fsspec's file system of an object store that speaks S3, which the environment names to all that is started."""
    from fsspec import filesystem
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    names = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": hashlib.md5(b"secret").hexdigest(),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield filesystem("s3", skip_instance_cache=True)
    finally:
        server.stop()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
