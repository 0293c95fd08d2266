"""Ranges of bytes of objects, many at a time, each with what tells the object from another one that has its name later.

What fsspec calls a file system does the work: credentials, sessions and certificates are as it is configured
(environment, `~/.aws`, `~/.config/fsspec`).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from deepbench_fast.errors import DeepbenchFastError, FileError, UsageError
from deepbench_fast.store.location import SEPARATOR, Url
from deepbench_fast.values.optional import not_loaded

MOST_AT_ONCE = 32
TRIES = 4
SILENCE = 60.0  # seconds in which a web server sends nothing, after which the request is made again
FIRST_PAUSE = 0.2  # seconds, doubled by each further try
TRIED_AGAIN = {408, 429, 500, 502, 503, 504}
NOTHING_THERE = 416  # no byte of the range lies in the object
NO_SUCH_BYTES = "it is empty, or shorter than it should be"

T = TypeVar("T")


class Range(NamedTuple):
    """The bytes `start` to `stop - 1` of an object."""

    url: Url
    start: int
    stop: int


class Answer(NamedTuple):
    """Bytes of an object, fewer than asked for at its end; its size; what names its content, "" where nothing does."""

    data: bytes
    size: int
    version: str


class _Busy(Exception):
    """What may go well when it is tried again."""


class _Status(Exception):
    """What a server answered instead of bytes."""


class Lost(FileError):
    """The object that is meant isn't there, or is another one."""


def file_system(url: Url) -> Any:
    """fsspec's file system of a URL, one for all threads of a process.

    Raises UsageError where there is none, or its package isn't installed.
    """
    return _file_system(f"{url.protocol}{SEPARATOR}{url.text.partition(SEPARATOR)[2].partition('/')[0]}/", os.getpid())


@lru_cache
def _file_system(place: str, process: int) -> Any:
    try:
        from fsspec.core import url_to_fs

        return url_to_fs(place)[0]
    except ImportError as error:
        cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
        if not isinstance(cause, ModuleNotFoundError) or cause.name is None:
            raise UsageError(f"{place}: a package that it needs can't be loaded: {cause}") from None
        raise not_loaded(cause, place, cause.name.partition(".")[0]) from None
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(f"{place}: {' '.join(str(error).split())[:200]}") from None


def get(ranges: Sequence[Range]) -> list[Answer]:
    """The bytes of all ranges, asked for side by side. Raises FileError, which names the URL."""
    if not ranges:
        return []
    files = file_system(ranges[0].url)
    if not getattr(files, "async_impl", False):
        return [told(one.url, partial(_by_turns, files, one)) for one in ranges]
    from fsspec.asyn import sync

    answers: list[Answer] = sync(files.loop, _all, files, ranges)
    return answers


async def _all(files: Any, ranges: Sequence[Range]) -> list[Answer]:
    free = asyncio.Semaphore(MOST_AT_ONCE)
    ask = _ASK.get(type(files).__name__, _ask_any)

    async def one(wanted: Range) -> Answer:
        async with free:
            return await _again(wanted.url, lambda: ask(files, wanted))

    tasks = [asyncio.ensure_future(one(wanted)) for wanted in ranges]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _again(url: Url, ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` gives, tried again where the network or the server was at fault."""
    for number in range(TRIES):
        try:
            return await ask()
        except Exception as error:
            if number == TRIES - 1 or not _is_passing(error):
                raise as_file_error(url, error) from error
        await asyncio.sleep(FIRST_PAUSE * 2**number)
    raise AssertionError


def _is_passing(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    lost = {"ClientConnectionError", "ClientPayloadError", "IncompleteRead", "ConnectionError", "_Busy"}
    return bool(lost & names) or isinstance(error, TimeoutError | asyncio.TimeoutError)


async def _ask_http(files: Any, wanted: Range) -> Answer:
    from aiohttp import ClientTimeout

    wanted.url.check_object()
    session = await files.set_session()
    # aiohttp's own limit is of a whole answer, five minutes: too short for a slow line, too long for a silent server.
    silence = ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
    options = {"timeout": silence} | {key: value for key, value in files.kwargs.items() if key != "headers"}
    headers = {
        **files.kwargs.get("headers", {}),
        "Range": f"bytes={wanted.start}-{wanted.stop - 1}",
        "Accept-Encoding": "identity",
    }
    async with session.get(files.encode_url(str(wanted.url)), headers=headers, **options) as answer:
        if answer.status in TRIED_AGAIN:
            raise _Busy(f"the server answered {answer.status} {answer.reason}")
        if answer.status == NOTHING_THERE:
            raise Lost(f"{wanted.url}: {NO_SUCH_BYTES}")
        if answer.status in (404, 410):
            raise FileNotFoundError
        if answer.status == 200:
            raise _Status("its server gives no ranges of bytes: download the file")
        if answer.status != 206:
            raise _Status(f"the server answered {answer.status} {answer.reason}")
        data = await answer.read()
        return Answer(data, _size(answer.headers.get("Content-Range", ""), wanted), _version(answer.headers))


def _version(headers: Mapping[str, str]) -> str:
    return headers.get("ETag") or headers.get("Last-Modified") or ""


def _size(content_range: str, wanted: Range) -> int:
    """The size of the whole that stands in "bytes 0-99/1234", where these are the bytes that were asked for."""
    found = re.fullmatch(r"\s*bytes\s+(\d{1,18})-\d{1,18}/(\d{1,18})\s*", content_range)
    if found is None:
        raise _Status(f"its server does not say how long it is (Content-Range: {content_range[:80]!r})")
    if int(found[1]) != wanted.start:
        raise _Status(f"its server gave other bytes than those from {wanted.start} on ({content_range[:80]})")
    return int(found[2])


async def _ask_s3(files: Any, wanted: Range) -> Answer:
    wanted.url.check_object()
    bucket, key, version = files.split_path(str(wanted.url))
    options = {"VersionId": version} if version else {}
    span = f"bytes={wanted.start}-{wanted.stop - 1}"
    try:
        answer = await files._call_s3("get_object", Bucket=bucket, Key=key, Range=span, **options)
    except OSError as error:
        found = getattr(error.__cause__, "response", {}).get("Error", {}).get("Code")
        raise Lost(f"{wanted.url}: {NO_SUCH_BYTES}") if found == "InvalidRange" else error from error
    try:
        data = await answer["Body"].read()
    finally:
        answer["Body"].close()
    return Answer(data, _size(answer["ContentRange"], wanted), answer.get("ETag", ""))


async def _ask_any(files: Any, wanted: Range) -> Answer:
    path = files._strip_protocol(str(wanted.url))
    facts = await files._info(path)
    data = await files._cat_file(path, start=wanted.start, end=min(wanted.stop, facts["size"]))
    return Answer(data, facts["size"], _named(facts))


def _by_turns(files: Any, wanted: Range) -> Answer:
    path = files._strip_protocol(str(wanted.url))
    facts = files.info(path)
    data = files.cat_file(path, start=wanted.start, end=min(wanted.stop, facts["size"]))
    return Answer(data, facts["size"], _named(facts))


def _named(facts: Mapping[str, Any]) -> str:
    """What names the content of an object, of what a file system says of it."""
    names = "ETag", "etag", "generation", "md5Hash", "content_md5", "mtime", "LastModified", "last_modified", "created"
    return next((str(facts[name]) for name in names if facts.get(name)), "")


_ASK: dict[str, Callable[[Any, Range], Awaitable[Answer]]] = {"HTTPFileSystem": _ask_http, "S3FileSystem": _ask_s3}


def told(url: Url, ask: Callable[[], T]) -> T:
    """What `ask` gives; whatever it raises becomes a FileError, which names the URL."""
    try:
        return ask()
    except Exception as error:
        raise as_file_error(url, error) from error


def as_file_error(url: Url, error: Exception) -> DeepbenchFastError:
    """The error of one line for what a file system raised."""
    if isinstance(error, DeepbenchFastError):
        return error
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return Lost(f"{url}: no such object")
    if isinstance(error, PermissionError):
        return FileError(f"{url}: permission denied ({words[:200]})")
    if "NoCredentials" in type(error).__name__:
        return FileError(f"{url}: no credentials were found, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return FileError(f"{url}: {words[:300]}")
