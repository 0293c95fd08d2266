"""Random command lines end well or in one line, in little time and memory, and write nothing outside.

Cases: COMMAND/SEED/N. Each runs in a process of its own that may take 5 seconds of processor time and 1 GB, in a folder
with some files; the library of `tests/preload.py` tells all that it opens for writing, makes, renames and links.
"""

from __future__ import annotations

import os
import random
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from deepbench_fast.cli.group import COMMANDS
from tests.campaigns.children import Child, Failure, copied, run, run_here, scratch, under_the_library
from tests.campaigns.damage import VALUES, as_text, damaged_text
from tests.campaigns.harness import Campaign, Lost, Tried, check, main, numbered
from tests.campaigns.jobs import FEW, RECIPES, read_log

SECONDS, MEMORY, SECONDS_OF_WAITING = 5.0, 10**9, 600.0  # others may need the processor
NAMES_ANYTHING = "open rename link mkdir unlink"
DEVICES = ("/dev/null", "/dev/tty")
"""What may be opened, and never be replaced."""
OF_THE_SYSTEM = ("/dev/shm/", "/proc/self/", "/sys/", "/var/lib/libuuid/")
"""The last is where the system keeps a clock for numbers of Dask's."""
TAKE_THEIR_TIME = ("warmup", "benchmark", "explore")  # compile everything, measure for ten seconds, wait for visitors
LITTLE = ("-n", "4", "--size", "16x16")
"""What a command that makes samples is given first, so that it is little work; what follows may say otherwise."""

SOURCES = (
    *("./images.yaml", "images.yaml", "series.yaml", "./broken.yaml", "no.yaml", "config.yaml", "text.txt"),
    *("o.h5", "s.h5", "cut.h5", "o.h5.part", "index.h5", "index.shard-1-of-2.h5", "out"),
    *("galaxies", "pendulums", "star", "galaxie", "", ".", "..", "/", "/dev/null", "-", "--", "x" * 300, "\udcff"),
)
OUTPUTS = (
    "..",
    "new.h5",
    "new",
    "o.h5",
    "out",
    "new.png",
    "new.yaml",
    "new.json",
    "no/new.h5",
    "/dev/null",
    "",
    ".",
    "o.h5/x",
)
VALUES_OF_OPTIONS = (
    *("0", "1", "2", "-1", "1e1", "1_0", "x", "", "nan", "1e30", "99999999999999999999", "0.5", "3", "all", "inf"),
    *("train", "test", "npy", "png", "csv", "fits", "parquet", "jpeg", "noise", "objects", "balance", "1/2", "3/2"),
    *("16x16", "8", "1x1", "0x0", "99999x99999", "asinh", "linear", "16", "lower", "upper", "bash", "1:2"),
)
KEYS = (
    *("samples", "seed", "noise.gaussian.sigma", "image.shape", "image.oversample", "catalogues", "psf", "no.such.key"),
    *("catalogues.stars.objects", "star.x", "splits.train", "series.stop", "galaxy.count", "bright.amplitude", ""),
)


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """Endless, the commands in turn."""
    yield from numbered(seed, of)


def command_line(case: str) -> list[str]:
    """The arguments of a case."""
    from click import Context

    from deepbench_fast.cli.group import group

    rng = random.Random(case)
    name = case.split("/")[0]
    command = group.get_command(Context(group), name)
    assert command is not None
    names = [option for given in command.params for option in given.opts if option.startswith("-")]
    names.remove("--debug")  # asks for tracebacks
    flags = {
        option for parameter in command.params if getattr(parameter, "is_flag", False) for option in parameter.opts
    }
    places = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    arguments = [rng.choice(SOURCES), *(rng.choice((*OUTPUTS, *SOURCES)) for _ in places[1:])][: len(places)]
    if rng.random() < 0.1:
        arguments = arguments[: rng.randrange(3)] + [rng.choice(VALUES_OF_OPTIONS)] * rng.randrange(2)
    options = list(LITTLE) if "--samples" in names else []
    for option in rng.choices(names or ["--no-such"], k=rng.choice([0, 1, 1, 2, 2, 3, 5])):
        options += [option] if option in flags else [option, _value(option, rng)]
    return [name, *arguments, *options] if rng.random() < 0.5 else [name, *options, *arguments]


def attempt(template: Path, case: str) -> Tried:
    """Run one."""
    place = copied(template, template.parent / "case")
    arguments = command_line(case)
    log = template.parent / "log"
    log.unlink(missing_ok=True)
    anywhere = {"FAIL_IN": "/"}
    child = Child(arguments, place / "here", Failure(NAMES_ANYTHING, "0", "pass"), log, lambda: None, anywhere)
    try:
        ended = child.wait(SECONDS_OF_WAITING)
    except TimeoutError as error:
        raise Lost(f"{shlex.join(arguments)}: {error}") from None
    said = f"{shlex.join(arguments)}: {ended}"
    check(ended.status == 0 or ended.is_one_error or ended.is_usage, said)
    check("Traceback" not in ended.err + ended.out, said)
    check(ended.seconds <= SECONDS, f"{ended.seconds:.1f} s: {said}")
    check(ended.memory <= MEMORY, f"{ended.memory / 1e9:.2f} GB: {said}")
    for call in read_log(log) if log.exists() else ():
        for path in filter(None, (call.path, call.other if call.name in ("rename", "link") else "")):
            path = os.path.normpath(path)
            inside = path.startswith((f"{place}/", *OF_THE_SYSTEM, tempfile.gettempdir() + "/deepbench"))
            check(inside or (call.name == "open" and path in DEVICES), f"{call.name} {path}: {said}")
    return Tried("done" if not ended.status else "one line", {"seconds": ended.seconds, "bytes": ended.memory})


def _value(option: str, rng: random.Random) -> str:
    if option == "--set":
        return f"{rng.choice(KEYS)}={as_text(rng.choice(VALUES)).strip()}"[:400].replace("\0", "")
    if option in ("-o", "--output", "--picture"):
        return rng.choice(OUTPUTS)
    return rng.choice(VALUES_OF_OPTIONS)


def prepare(folder: Path) -> Path:
    """The folder that every case begins with, and all that commands load, loaded."""
    here = folder / "start" / "here"
    here.mkdir(parents=True)
    for name, text in RECIPES.items():
        (here / f"{name}.yaml").write_text(text, encoding="utf-8")
    (here / "broken.yaml").write_text(damaged_text(RECIPES["images"], random.Random(1)), encoding="utf-8")
    (here / "text.txt").write_text("text", encoding="utf-8")
    (here / "config.yaml").write_text("dataset: {total_runs: 2}\n", encoding="utf-8")
    for command in (
        ("generate", "./images.yaml", "o.h5", *FEW),
        ("generate", "series.yaml", "s.h5", "-n", "4"),
        ("export", "o.h5", "out", "--format", "csv"),
        ("preview", "o.h5", "-o", "p.png"),
        ("preview", "s.h5", "-o", "p.png"),
        *(("generate", "./images.yaml", "index.h5", *FEW, "--shard", f"{number}/2") for number in (1, 2)),
        ("index", "-o", "index.h5"),
        *(("preview", name, "-n", "2", "-o", "p.png") for name in ("galaxies", "pendulums", "star")),
    ):
        run_here(command, here)
    (here / "cut.h5").write_bytes((here / "o.h5").read_bytes()[:5000])
    part = run(("generate", "./images.yaml", "o.h5", "--overwrite", *FEW), here, Failure("pwrite", "6", "kill"))
    check(part.was_killed, part)
    return here.parent


if __name__ == "__main__":
    sys.dont_write_bytecode = True  # in a new clone Python would keep some, which no command of ours wrote
    under_the_library("tests.campaigns.command_lines")
    with scratch() as folder:
        begin = prepare(folder)
        fuzzed = [name for name in COMMANDS if name not in TAKE_THEIR_TIME]
        main(Campaign("command_lines", fuzzed, cases, partial(attempt, begin), tries=10_000))
