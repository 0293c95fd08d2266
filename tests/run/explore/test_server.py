"""Who is let in: this machine, by the loopback's own names, with the token; and how the command ends."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.running import COMMAND, heed_interrupts, run, run_apart
from tests.run.explore.served import Served, served

pytest.importorskip("tornado")

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served("galaxy", "-n", "4") as found:
        yield found


def get(page: Served, path: str, host: str | None = None, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": page.host if host is None else host, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_the_page_holds_all_that_it_needs(page: Served) -> None:
    status, headers, text = get(page, f"/?{page.query}")
    assert status == 200
    found = re.findall(r"(?:https?|wss?)://[\w.-]+", text)
    assert set(found) <= {"http://www.w3.org"}  # the name of SVG's elements
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", text)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"connect-src ws://{page.host};" in policy
    nonces = set(re.findall(r'nonce="([^"]+)"', text))
    assert len(nonces) == 1
    assert f"script-src 'nonce-{nonces.pop()}'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/socket", "/?token=", "/?token=wrong", "/socket?token=wrong", "/?token=%FF"])
def test_without_the_token_nothing_is_served(page: Served, path: str) -> None:
    status, _, text = get(page, path)
    assert status in (400, 403)
    assert "open the address" in text
    assert "script" not in text


@pytest.mark.parametrize("path", ["/", "/socket"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil:{port}"]
)
def test_other_names_that_lead_here_are_refused(page: Served, path: str, host: str) -> None:
    assert get(page, f"{path}?{page.query}", host.format(port=page.port))[0] == 403


def test_localhost_is_such_a_name(page: Served) -> None:
    status, headers, _ = get(page, f"/?{page.query}", f"localhost:{page.port}")
    assert status == 200
    assert f"connect-src ws://localhost:{page.port};" in headers["Content-Security-Policy"]


def test_it_listens_on_the_loopback_address_alone(page: Served) -> None:
    """127.0.0.2 is this machine, too; what listens on all addresses would answer there."""
    with socket.socket() as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", page.port)) != 0


async def talk(page: Served, origin: str, *messages: str | bytes) -> list[bytes]:
    request = HTTPRequest(f"ws://{page.host}/socket?{page.query}", headers={"Origin": origin})
    connection = await websocket_connect(request)
    answers = []
    for message in messages:
        await connection.write_message(message)
        answer = await connection.read_message()
        assert answer is None or isinstance(answer, bytes)
        answers.append(answer or b"")
    connection.close()
    if answers[-1]:  # it is open until the server has said goodbye, too
        assert await asyncio.wait_for(connection.read_message(), 30) is None
    return answers


def test_answers_are_a_header_and_its_buffers(page: Served) -> None:
    (answer,) = asyncio.run(talk(page, f"http://{page.host}", json.dumps({"do": "show", "sample": 1, "id": "a-1"})))
    (length,) = struct.unpack_from("<I", answer)
    header = json.loads(answer[4 : 4 + length])
    assert header["id"] == "a-1"
    assert header["state"]["samples"] == 4
    assert header["sizes"] == [28 * 28] * 2
    assert len(answer) == 4 + length + sum(header["sizes"])


@pytest.mark.parametrize("message", ["no JSON", "[1]", b"\xff\x00"])
def test_what_is_no_request_ends_the_connection_alone(page: Served, message: str | bytes) -> None:
    assert asyncio.run(talk(page, f"http://{page.host}", message)) == [b""]
    assert get(page, f"/?{page.query}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "https://evil.example:{port}", "null"])
def test_pages_of_others_get_no_socket(page: Served, origin: str) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    headers = {**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": origin.format(port=page.port)}
    assert get(page, f"/socket?{page.query}", **headers)[0] == 403


def test_ctrl_c_is_how_it_ends(page: Served) -> None:
    command = [*COMMAND, "explore", "galaxy", "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "")
        assert process.returncode == 0


def test_a_port_that_is_taken_is_said(page: Served) -> None:
    ran = run_apart("explore", "galaxy", "--no-browser", "--port", page.port)
    assert ran.status == 2
    assert re.fullmatch(rf"Error: port {page.port} can't be had: .+\n", ran.err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["galaxi"], "did you mean 'galaxies'"),
        (["none.h5"], "none.h5"),
        (["none.yaml"], "none.yaml"),
        (["none.h5", "--seed", "3"], "are for recipes"),
        (["galaxy", "--set", "galaxy.n=99"], "must be from 0.5 to 10"),
        (["galaxy", "--port", "70000"], "70000"),
    ],
)
def test_what_can_not_be_explored_is_one_line(arguments: list[str], words: str) -> None:
    ran = run("explore", *arguments, "--no-browser")
    assert ran.status in (1, 2)
    assert words in ran.err
    assert ran.err.count("\n") == 1
