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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;
static char last_at[16];

static int is_listed(const char *names, const char *name) {
    char padded[256], word[32];
    snprintf(padded, sizeof padded, " %s ", names);
    snprintf(word, sizeof word, " %s ", name);
    return strstr(padded, word) != NULL;
}

/* What to do in this call: -1 nothing, 0 say that it worked, else fail with this error's number. */
static int chosen(const char *name, const char *path) {
    const char *names = getenv("FAIL_CALLS"), *in = getenv("FAIL_IN");
    const char *at = getenv("FAIL_AT"), *with = getenv("FAIL_WITH");
    if (!in || !at || !with || !strstr(path, in) || !is_listed(names ? names : "pwrite", name)) return -1;
    if (strcmp(last_at, at)) { calls = 0; strncpy(last_at, at, sizeof last_at - 1); }
    if (++calls != atoi(at) && strcmp(at, "every")) return -1;
    if (!strcmp(with, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(with, "stop")) { kill(getpid(), SIGSTOP); return -1; }
    return atoi(with);
}

static int chosen_open(const char *name, int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return chosen(name, path);
}

#define CALL(type, name, parameters, arguments, what, instead) \
    type name parameters { \
        static type (*real) parameters; \
        if (!real) real = (type (*) parameters)dlsym(RTLD_NEXT, #name); \
        int number = what; \
        if (number < 0) return real arguments; \
        if (!number) return instead; \
        errno = number; \
        return -1; \
    }
#define WRITE(name) \
    CALL(ssize_t, name, (int descriptor, const void *data, size_t size, off_t offset), \
         (descriptor, data, size, offset), chosen_open("pwrite", descriptor), (ssize_t)size)
WRITE(pwrite)
WRITE(pwrite64)
CALL(int, fsync, (int descriptor), (descriptor), chosen_open("fsync", descriptor), 0)
CALL(int, flock, (int descriptor, int how), (descriptor, how), chosen_open("flock", descriptor), 0)
CALL(int, link, (const char *from, const char *to), (from, to), chosen("link", from), 0)
CALL(int, rename, (const char *from, const char *to), (from, to), chosen("rename", from), 0)
CALL(int, unlink, (const char *path), (path), chosen("unlink", path), 0)
"""


def failing_calls(directory: Path) -> Path:
    """The compiled library. Environment, which may change while the process runs: FAIL_IN, part of a path; FAIL_CALLS,
    which of pwrite (by default), fsync, flock, link, rename, unlink; FAIL_AT, the number of the call (from 1, counted
    anew after each change), or "every"; FAIL_WITH, the error's number, or 0: the call says that it worked, and didn't,
    or kill, or stop: the process gets SIGKILL or SIGSTOP before the call."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or os.name != "posix" or not Path("/proc/self/fd").exists():
        pytest.skip("no C compiler here, or no /proc")
    source, library = directory / "failing.c", directory / "failing.so"
    source.write_text(SOURCE, encoding="utf-8")
    subprocess.run([compiler, "-w", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library
