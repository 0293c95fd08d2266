"""Pendulums over their whole valid range, by all solvers, against elliptic functions, Taylor series, closed forms."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.motion.exact_pendulum import pendulum_exact
from deepbench_fast.kernels.motion.pendulum import hamiltonian_rk4, pendulum_rk4
from deepbench_fast.kernels.motion.small_angle import pendulum_small_angle
from deepbench_fast.kernels.motion.symplectic import hamiltonian_symplectic
from tests.accuracy.stated import Worst, campaign
from tests.kernels.physics.pendulums import energy, solve, systems
from tests.oracles import pendulum as oracle

Array = npt.NDArray[np.float64]

STEEPEST = 3.1
LARGEST_PHASE = 2000.0
MOST_RADIANS = 2000.0
CHANGE = 1e-7


def ends(rng: np.random.Generator, values: Array, *corners: float) -> Array:
    """The values, a fifth of them replaced by ends of their range."""
    return np.where(rng.random(values.size) < 0.2, rng.choice(corners, values.size), values)


def sizes(rng: np.random.Generator, n: int) -> dict[str, Array]:
    """Lengths, gravities and masses, logarithms equally likely."""
    ranges = {"length": (0.01, 100.0), "gravity": (0.1, 300.0), "mass": (1e-6, 1000.0)}
    return {
        name: ends(rng, np.exp(rng.uniform(np.log(low), np.log(high), n)), low, high)
        for name, (low, high) in ranges.items()
    }


def steep(rng: np.random.Generator, n: int) -> Array:
    """Angles: all, small, and near the steepest one."""
    angles = np.array([rng.uniform(-STEEPEST, STEEPEST, n), STEEPEST * 10 ** rng.uniform(-9, 0, n)])
    return ends(rng, angles[rng.integers(2, size=n), np.arange(n)], STEEPEST, -STEEPEST)


def phases(rng: np.random.Generator, n: int, low: float, high: float) -> Array:
    return ends(rng, np.exp(rng.uniform(np.log(low), np.log(high), n)), high)


def from_rest(rng: np.random.Generator, n: int, highest: float) -> tuple[dict[str, Array], float]:
    """Pendulums at rest whose last phase is that of the time that all share."""
    pendulums = systems(**sizes(rng, n), angle=steep(rng, n))
    reach = float(phases(rng, 1, 0.5, highest)[0])
    # The fastest of them has the largest phase.
    return pendulums, reach / float(np.sqrt(pendulums["gravity"] / pendulums["length"]).max())


def moving(rng: np.random.Generator, n: int, distance: Array, highest: float) -> tuple[dict[str, Array], Array]:
    """Pendulums of 1 m whose energy is so far from that of the separatrix, with phases at 1 s, and these."""
    total = 1 + distance
    angle = 2 * np.arcsin(np.sqrt(np.minimum(total, np.sin(STEEPEST / 2) ** 2)) * ends(rng, rng.uniform(-1, 1, n), 1))
    rate = 2 * np.sqrt(np.maximum(total - np.sin(angle / 2) ** 2, 0)) * rng.choice([-1, 1], n)
    reach = np.minimum(phases(rng, n, 0.1, highest), MOST_RADIANS / np.maximum(1, np.abs(rate)))
    return systems(gravity=reach**2, angle=angle, velocity=rate * reach), reach


def in_units(pendulums: dict[str, Array]) -> tuple[Array, Array]:
    """omega0, and the rate in its units."""
    frequency = np.sqrt(pendulums["gravity"] / pendulums["length"])
    return frequency, pendulums["velocity"] / frequency


def exactly(pendulums: dict[str, Array], time: float) -> Array:
    frequency, rates = in_units(pendulums)
    states = zip(pendulums["angle"].tolist(), rates.tolist(), (frequency * time).tolist(), strict=True)
    return np.array([oracle.undamped(*state)[0] for state in states])


def seen(worst: Worst, errors: Array, pendulums: dict[str, Array], **more: Any) -> None:
    """Keep the worst of a batch."""
    k = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
    case = {name: f"{column[k]:.6g}" for name, column in pendulums.items()}
    worst.see(
        errors[k], **case, **{name: f"{np.broadcast_to(value, errors.shape)[k]:.3g}" for name, value in more.items()}
    )


@campaign(few=150, many=3000)
def test_exact(draws: int) -> None:
    rng = np.random.default_rng(1)
    worst = Worst("Angle by exact")
    for _ in range(draws // 30):
        pendulums, time = from_rest(rng, 30, LARGEST_PHASE)
        found = solve(pendulum_exact, pendulums, [time])[0][0]
        seen(worst, np.abs(found - exactly(pendulums, time)) / np.abs(pendulums["angle"]), pendulums, time=time)
    worst.check()


@campaign(few=192, many=3200)
def test_rk4_from_rest(draws: int) -> None:
    rng = np.random.default_rng(2)
    worst = Worst("Angle by rk4, from rest")
    many = draws > 1000
    for _ in range(draws // 32):
        pendulums, time = from_rest(rng, 32, LARGEST_PHASE if many else 300)
        found = solve(pendulum_rk4, pendulums, [time])[0][0]
        expected = solve(pendulum_exact, pendulums, [time])[0][0]
        seen(worst, np.abs(found - expected) / np.abs(pendulums["angle"]), pendulums, time=time)
    worst.check()


@campaign(few=192, many=3200)
def test_rk4_with_velocity(draws: int) -> None:
    rng = np.random.default_rng(3)
    worst = Worst("Angle by rk4, with velocity")
    many = draws > 1000
    for _ in range(draws // 32):
        n = 32
        near = rng.choice([-1, 1], n) * np.exp(rng.uniform(np.log(4e-5), 0, n))
        fast = np.exp(rng.uniform(0, np.log(2.5e6), n))  # 100 rad/s are at most 3162 omega0
        distance = np.where(rng.random(n) < 0.7, near, fast)
        pendulums, reach = moving(rng, n, distance, (LARGEST_PHASE if many else 100))
        found = solve(hamiltonian_rk4, pendulums, [1.0])[0][0]
        amplitude = oracle.amplitude(pendulums["angle"], in_units(pendulums)[1])
        seen(worst, np.abs(found - exactly(pendulums, 1.0)) / amplitude, pendulums, distance=distance, phase=reach)
    worst.check()


@campaign(few=128, many=640)
def test_rk4_near_the_separatrix(draws: int) -> None:
    """The rounding of the energy, 2e-16, moves the time of each swing by itself over the distance."""
    rng = np.random.default_rng(4)
    worst = Worst("Angle by rk4, near the separatrix")
    many = draws > 500
    for _ in range(draws // 32):
        distance = rng.choice([-1, 1], 32) * 10 ** rng.uniform(-10, -4.4, 32)
        pendulums, reach = moving(rng, 32, distance, LARGEST_PHASE if many else 100)
        _, rate = in_units(pendulums)
        distance = np.abs(np.cos(pendulums["angle"] / 2) ** 2 - rate**2 / 4)
        error = np.abs(solve(pendulum_rk4, pendulums, [1.0])[0][0] - exactly(pendulums, 1.0))
        seen(worst, error / (2e-8 + 2e-16 * reach / distance), pendulums, distance=distance, phase=reach)
    worst.check()


@campaign(few=400, many=8000)
def test_rk4_with_friction(draws: int) -> None:
    """Where friction takes a rotating pendulum over the top, the motion magnifies what there was before."""
    rng = np.random.default_rng(5)
    worst = Worst("Angle by rk4, with friction")
    for part in range(draws // 200):
        n = 200
        damping = ends(rng, np.exp(rng.uniform(np.log(1e-4), np.log(2), n)), 1.9999)
        reach = phases(rng, n, 0.05, (1, 10, 60)[part % 3])
        rate = rng.uniform(-1, 1, n) * rng.choice([0, 2, 20], n)
        pendulums = systems(gravity=reach**2, friction=damping * reach, angle=steep(rng, n), velocity=rate * reach)
        frequency, rate = in_units(pendulums)
        damping = pendulums["friction"] / frequency

        def expected(angle: Array, velocity: Array, b: Array = damping, omega0: Array = frequency) -> Array:
            return oracle.taylor(omega0, b, angle, velocity, np.ones(1))[0][0]

        angle, velocity = pendulums["angle"], pendulums["velocity"]
        true = expected(angle, velocity)
        changed = expected(angle + CHANGE, velocity), expected(angle, velocity + CHANGE * frequency)
        magnified = np.max([np.abs(other - true) / CHANGE for other in (*changed, true + CHANGE)], axis=0)
        error = np.abs(solve(pendulum_rk4, pendulums, [1.0])[0][0] - true)
        seen(worst, error / (oracle.amplitude(angle, rate) * magnified), pendulums)
    worst.check()


@campaign(few=192, many=3200)
def test_energy_of_symplectic(draws: int) -> None:
    rng = np.random.default_rng(6)
    worst = Worst("Energy by symplectic")
    for _ in range(draws // 32):
        n = 32
        distance = np.where(rng.random(n) < 0.7, -rng.random(n), 10 ** rng.uniform(-8, 2, n))
        pendulums, reach = moving(rng, n, distance, LARGEST_PHASE if draws > 1000 else 100)
        times = np.sort(rng.uniform(0, 1, 20))
        total = energy(pendulums, *solve(hamiltonian_symplectic, pendulums, times))
        _, rate = in_units(pendulums)
        start = 2 * np.sin(pendulums["angle"] / 2) ** 2 + rate**2 / 2
        # Kinetic energy many times m g L is rounded to as many digits.
        error = np.max(np.abs(total - start), axis=0) / np.maximum(1, start / 2)
        seen(worst, error, pendulums, distance=distance, phase=reach)
    worst.check()


@campaign(few=192, many=1600)
def test_angle_of_symplectic(draws: int) -> None:
    rng = np.random.default_rng(8)
    worst = Worst("Angle by symplectic, from rest")
    for _ in range(draws // 32):
        pendulums, time = from_rest(rng, 32, LARGEST_PHASE if draws > 1000 else 300)
        times = np.sort(time * rng.random(12))
        drift = np.abs(
            solve(hamiltonian_symplectic, pendulums, times)[0] - solve(pendulum_exact, pendulums, times)[0]
        ) / np.maximum(1, in_units(pendulums)[0] * times[:, None])
        seen(worst, drift.max(axis=0), pendulums, time=time)
    worst.check()


def _oscillator(square: Any, half: Any, angle: Any, velocity: Any, time: Any) -> float:
    """theta of theta'' = -square theta - 2 half theta', in 50 digits."""
    with mp.workdps(50):
        square, half, angle, velocity, time = (mp.mpf(value) for value in (square, half, angle, velocity, time))
        root = mp.sqrt(mp.mpc(square - half * half))
        turn = mp.sin(root * time) / root if root else time
        return float(mp.re(mp.exp(-half * time) * (angle * mp.cos(root * time) + (velocity + half * angle) * turn)))


@campaign(few=300, many=6000)
def test_small_angle(draws: int) -> None:
    """Error relative to the amplitude that there would be without friction."""
    rng = np.random.default_rng(7)
    worst = Worst("Oscillator by small_angle")
    for _ in range(draws // 30):
        pendulums, time = from_rest(rng, 30, LARGEST_PHASE)
        frequency, _ = in_units(pendulums)
        damping = ends(rng, 10 ** rng.uniform(-6, np.log10(2), 30), 0, 2 * (1 - 1e-15), 1.9999)
        inertia = pendulums["mass"] * pendulums["length"] * pendulums["length"]
        pendulums["friction"] = damping * frequency * inertia
        pendulums["velocity"] = np.clip(rng.normal(size=30) * frequency, -100, 100)
        found = solve(pendulum_small_angle, pendulums, [time])[0][0]
        square, half = pendulums["gravity"] / pendulums["length"], 0.5 * pendulums["friction"] / inertia
        amplitude = np.sqrt(pendulums["angle"] ** 2 + (pendulums["velocity"] / frequency) ** 2)
        states = zip(square, half, pendulums["angle"], pendulums["velocity"], strict=True)
        expected = np.array([_oscillator(*map(float, state), time) for state in states])
        seen(worst, np.abs(found - expected) / amplitude, pendulums, time=time)
    worst.check()
