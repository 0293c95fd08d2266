"""DeepBench 0.2.3 moves pendulums and saves their series with their parameters; prints how fast.

Run by the interpreter of DeepBench's own environment as `deepbench_peer.py` is, which it takes its `main` from:

    python deepbench_pendulums.py pendulums 2000 pendulums.h5

Scenes, 100 moments from 0 to 10 s, mass 1 kg, gravity 9.80665 m/s2, no noise on parameters:

    pendulums                 x of the small-angle formula, length U[1, 10] m, angle U[0.1, 1.5]
    hamiltonian-pendulums     q and p of `HamiltonianPendulum`, length U[1, 10] m
    hamiltonian-pendulums-1m  the same with a length of 1 m, the only one for which its Hamiltonian is right

`HamiltonianPendulum` takes an angle and ignores it: it starts between 1.3 and 2.3 rad, and adds normals of 0.1 to q and
p. In its kinetic energy stands the length squared as a factor and not as a divisor, so that long pendulums swing far
too fast and take long. Lengths are equally spaced over their range, so that few pendulums tell how long many take.

Every pendulum opens a log file that is never closed, which ends a run of a thousand of them; here it is closed.
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from deepbench.physics_object import HamiltonianPendulum, Pendulum
from deepbench_peer import Columns, Save, main, rows_of, table

# A pendulum of 10 m takes its Hamiltonian ten seconds.
WARM_UP_SAMPLES = 1
TIMES = np.linspace(0.0, 10.0, 100)
GRAVITY = 9.80665
NO_NOISE = {"pendulum_arm_length": 0.0, "starting_angle_radians": 0.0, "acceleration_due_to_gravity": 0.0}


def save_pendulums(samples: int, path: Path, psf: bool, seed: int) -> None:
    """Draw, move and save `samples` pendulums: `/series`, shape (samples, 100, 1), `/objects/pendulum`."""
    columns = draw_pendulums(samples, 1.0, 10.0, seed)
    series = np.empty((samples, TIMES.size, 1))
    for sample, row in enumerate(rows_of(columns)):
        pendulum = Pendulum(row["length"], row["angle"], NO_NOISE, GRAVITY, mass_pendulum_bob=row["mass"])
        series[sample, :, 0] = pendulum.create_object(TIMES, noiseless=True)
        close_logs()
    save(path, series, columns)


def save_hamiltonian(shortest: float, longest: float, samples: int, path: Path, psf: bool, seed: int) -> None:
    """Draw, move and save `samples` pendulums: `/series`, shape (samples, 100, 2), `/objects/pendulum`."""
    columns = draw_pendulums(samples, shortest, longest, seed)
    np.random.seed(seed)  # noqa: NPY002 - DeepBench draws from it
    series = np.empty((samples, TIMES.size, 2))
    for sample, row in enumerate(rows_of(columns)):
        pendulum = HamiltonianPendulum(row["length"], row["angle"], GRAVITY, row["mass"], NO_NOISE)
        q, p, _, _, _ = pendulum.create_object(TIMES, noiseless=True)
        series[sample, :, 0], series[sample, :, 1] = q, p
        close_logs()
    save(path, series, columns)


def draw_pendulums(samples: int, shortest: float, longest: float, seed: int) -> Columns:
    rng = np.random.default_rng(seed)
    return {
        "length": shortest + (longest - shortest) * (np.arange(samples) + 0.5) / samples,
        "mass": np.ones(samples),
        "angle": rng.uniform(0.1, 1.5, samples),
    }


def close_logs() -> None:
    logger = logging.getLogger("randomseeds")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def save(path: Path, series: npt.NDArray[np.float64], columns: Columns) -> None:
    with h5py.File(path, "w") as file:
        file["series"] = series
        file["objects/pendulum"] = table({"sample": np.arange(len(series)), **columns})


SCENES: dict[str, Save] = {
    "pendulums": save_pendulums,
    "hamiltonian-pendulums": partial(save_hamiltonian, 1.0, 10.0),
    "hamiltonian-pendulums-1m": partial(save_hamiltonian, 1.0, 1.0),
}

if __name__ == "__main__":
    main(SCENES, WARM_UP_SAMPLES)
