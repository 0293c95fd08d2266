"""Train one network on one recipe, and write down what it reaches.

    python -m benchmarks.networks.train RECIPE NETWORK [--schedule draft] [--size 256x256] [--device cuda] ...

Makes the dataset, trains from the last checkpoint if there is one, and writes a row of the table as JSON: accuracy,
top-N, matrix of confusion and calibration error on the test split, learning curve, seed, recipe hash, digest of the
dataset and hash of the weights. After a kill the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.networks.architectures import NETWORKS
from benchmarks.networks.places import ROWS, RUNS
from benchmarks.networks.schedules import OF_NETWORK, SCHEDULES
from benchmarks.networks.training import Training
from deepbench_fast import Recipe, __version__, generate
from deepbench_fast.errors import DeepbenchFastError
from deepbench_fast.loaders.trained.weights import FOLDER, save_reference, weights_hash
from deepbench_fast.store.stored import Summary
from deepbench_fast.values.atomic import write_whole


def main(arguments: list[str]) -> None:
    options = parsed(arguments)
    torch.set_num_threads(options.threads)
    recipe = Recipe.builtin(options.recipe)
    if options.size:
        recipe = recipe.with_overrides({"size": tuple(int(side) for side in options.size.split("x"))})
    schedule = SCHEDULES[options.schedule or OF_NETWORK[options.network]]
    schedule = schedule if options.epochs is None else replace(schedule, epochs=options.epochs)
    name = row_name(options.recipe, options.network, options.schedule, options.size, options.seed, options.epochs)
    folder = options.runs / name
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.h5"
    dataset = generate(recipe, data, resume=True)
    training = Training(data, options.network, schedule, options.seed, options.device, folder / "checkpoint.pt")
    training.run(options.every)
    row = {
        "recipe": options.recipe,
        "network": options.network,
        "schedule": {"name": options.schedule or "working", **asdict(schedule)},
        "size": list(recipe.image.shape),
        "seed": options.seed,
        **training.result(),
        **facts_of(training, dataset),
        "device": options.device,
        "threads": options.threads,
        "command": shlex.join(["python", "-m", "benchmarks.networks.train", *arguments]),
    }
    options.rows.mkdir(parents=True, exist_ok=True)
    write_json(options.rows / f"{name}.json", row)
    if options.reference:
        facts = {key: row[key] for key in ("recipe", "classes", "accuracy", "recipe_hash", "digest", "seed")}
        save_reference(FOLDER / f"{options.recipe}.npz", training.network, facts)
    print(f"{name}: accuracy {100 * row['accuracy']:.2f} % of {row['tested']} test images")


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.networks.train", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("recipe", choices=("networks-sky", "networks-geometry", "networks-objects"))
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--schedule", choices=("draft",), help="the draft's settings in place of those that work")
    parser.add_argument("--epochs", type=int, help="other than the schedule's")
    parser.add_argument("--size", metavar="ROWSxCOLUMNS", help="of the images; by default the recipe's, 32x32")
    parser.add_argument("--seed", type=int, default=0, help="of the training; the data have the recipe's")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS", help="between checkpoints in an epoch")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder for data and checkpoints")
    parser.add_argument("--rows", type=Path, default=ROWS, help="folder for the row")
    parser.add_argument("--reference", action="store_true", help="put the weights into the package, for load_reference")
    options = parser.parse_args(arguments)
    if options.reference and options.network != "small":
        parser.error("--reference: the package ships weights of the small network alone")
    return options


def row_name(
    recipe: str, network: str, schedule: str | None, size: str | None, seed: int = 0, epochs: int | None = None
) -> str:
    """The name of a row's file and of its run's folder: what differs from the usual stands in it."""
    more = (schedule, size, f"seed-{seed}" if seed else None, None if epochs is None else f"epochs-{epochs}")
    return "-".join([recipe, network, *filter(None, more)])


def facts_of(training: Training, dataset: Summary) -> dict[str, Any]:
    """What names the data, the weights and the programs, and what they took."""
    return {
        "recipe_hash": dataset.recipe_hash,
        "digest": dataset.digest,
        "weights_hash": weights_hash(training.network),
        "parameters": sum(p.numel() for p in training.network.parameters()),
        "seconds": round(training.seconds, 1),
        "deepbench_fast": __version__,
        "torch": torch.__version__,
    }


def write_json(path: Path, data: object) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, text.encode(), overwrite=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DeepbenchFastError as error:
        sys.exit(f"Error: {error}")
