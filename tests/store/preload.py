"""A library that makes the system's calls fail: preloaded, it stands before the C library."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

/* Whether this call on a file whose name holds $FAIL_IN is the one with the number $FAIL_AT. */
static int chosen(int descriptor) {
    char link[64], path[4096];
    const char *in = getenv("FAIL_IN"), *at = getenv("FAIL_AT");
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return in && at && strstr(path, in) && ++calls == atoi(at);
}

#define WRITE(name) \
    ssize_t name(int descriptor, const void *data, size_t size, off_t offset) { \
        static ssize_t (*real)(int, const void *, size_t, off_t); \
        if (!real) real = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, #name); \
        if (chosen(descriptor)) { \
            int number = atoi(getenv("FAIL_WITH")); \
            if (!number) return (ssize_t)size; /* the write is lost without a word */ \
            errno = number; \
            return -1; \
        } \
        return real(descriptor, data, size, offset); \
    }
WRITE(pwrite)
WRITE(pwrite64)
"""


def failing_writes(directory: Path) -> Path:
    """The compiled library. Environment: FAIL_IN, part of a path; FAIL_AT, the number of the call (from 1); FAIL_WITH,
    the error's number, or 0: the call says that it wrote, and didn't."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or os.name != "posix" or not Path("/proc/self/fd").exists():
        pytest.skip("no C compiler here, or no /proc")
    source, library = directory / "failing.c", directory / "failing.so"
    source.write_text(SOURCE, encoding="utf-8")
    subprocess.run([compiler, "-w", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library
