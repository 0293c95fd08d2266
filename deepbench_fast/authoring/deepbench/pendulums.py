"""Series: DeepBench's `Pendulum` and `HamiltonianPendulum`."""

from __future__ import annotations

from deepbench_fast.authoring.deepbench.draft import Draft, Entry, entry_path
from deepbench_fast.authoring.deepbench.section import Section, flag, level, number, plain
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Path, within
from deepbench_fast.values.number_text import brief

PARAMETERS = {
    "pendulum_arm_length": "length",
    "starting_angle_radians": "angle",
    "mass_pendulum_bob": "mass",
    "acceleration_due_to_gravity": "gravity",
    "big_G_newton": "big_g",
    "phi_planet": "phi_planet",
    "coefficient_friction": "friction",
}
"""DeepBench's names and ours."""

NOISE = "noise_std_percent"
NEWTON = (*PARAMETERS, NOISE)
HAMILTON = tuple(key for key in NEWTON if key not in ("big_G_newton", "phi_planet", "coefficient_friction"))
CLASSES = {"Pendulum": "pendulum", "HamiltonianPendulum": "hamiltonian_pendulum"}


def put_pendulum(config: Section, draft: Draft, name: str) -> None:
    """Put the series and its pendulum into the draft; raises `Invalid`."""
    kind = CLASSES[name]
    given, run = config.section("image_parameters"), config.section("object_parameters")
    given.only(NEWTON if name == "Pendulum" else HAMILTON, f"parameter of {name}")
    run.only(("time", "noiseless", "verbose", "seed"), f"parameter of {name}.create_object")
    times = _times(run)
    _put_times(times, config, run, draft, _cuts_values(name, run))
    _put_outputs(draft, name, starts_late=times[:1] != [0])
    gravity = _gravity(given, name)
    noiseless = run.get("noiseless", flag, name != "Pendulum")
    _put_noise(given, draft, gravity, noiseless)
    path = entry_path(kind, 0, kind)
    draft.put(path[:-2], [])
    entry = Entry(draft, path, 0.0)
    if gravity == ("big_G_newton", "phi_planet"):
        entry.put("form", "hierarchical")
    given.require("pendulum_arm_length", "starting_angle_radians", *gravity)
    for key in ("pendulum_arm_length", "starting_angle_radians", *gravity):
        entry.put(PARAMETERS[key], given.needed(key, number), given.where(key))
    mass = given.needed("mass_pendulum_bob", number) if "mass_pendulum_bob" in given else 10.0
    entry.put("mass", mass, given.where("mass_pendulum_bob"))
    entry.put("velocity", 0)
    if name == "Pendulum":
        _put_friction(given, entry)
        entry.note(
            "DeepBench has theta0 cos(sqrt(g / L) t) for every angle, which holds for small ones: in a recipe `solver: "
            "small_angle`. Here the full equation of motion is solved. The angle is that from the downward vertical.",
        )
    else:
        draft.note((), "DeepBench's collections don't know HamiltonianPendulum; this is what its documentation says.")
        entry.note(
            "DeepBench passes over starting_angle_radians (it starts at a random 1.3 to 2.3 rad) and has the kinetic "
            "energy L^4 times too large; here that angle is the start and H = p^2 / (2 m L^2) + m g L (1 - cos q).",
        )


def _times(run: Section) -> list[int | float]:
    def moments(value: object) -> list[int | float]:
        times = []
        for position, item in enumerate(value if isinstance(value, list) else [value]):
            with within(position):
                times.append(checks.plain(number(item)))
        return times

    return run.needed("time", moments)


def _cuts_values(name: str, run: Section) -> bool:
    """Whether DeepBench gives its parameters the type of the times, whole numbers."""
    times = run.values["time"]
    return name == "Pendulum" and isinstance(times, list) and all(isinstance(plain(time), int) for time in times)


def _put_times(times: list[int | float], config: Section, run: Section, draft: Draft, cut: bool) -> None:
    draft.put(("series",), _axis(times), run.where("time"))
    scatter = config.get("parameter_noise", level, 0.0)
    if scatter:
        draft.note(
            ("series",),
            f"DeepBench's parameter_noise moves each of these times by a draw from 0 to {brief(scatter)}; here they "
            "are exact. In a recipe `parameter_noise: {length: 0.05}` scatters the pendulum's parameters.",
        )
    elif cut:
        draft.note(
            ("series",), "With whole numbers as times DeepBench cuts length, angle and gravity to whole numbers."
        )


def _axis(times: list[int | float]) -> dict[str, object]:
    """Start, stop and steps of times that are equally far apart, else the times."""
    start, stop, steps = times[0] if times else 0, times[-1] if times else 0, len(times)
    even = [start + (stop - start) * position / max(steps - 1, 1) for position in range(steps)]
    if steps > 2 and stop > start and all(abs(a - b) <= 1e-12 * stop for a, b in zip(times, even, strict=True)):
        return {"start": start, "stop": stop, "steps": steps}
    return {"times": times}


def _put_outputs(draft: Draft, name: str, starts_late: bool) -> None:
    if name == "Pendulum":
        draft.put(("series", "outputs"), ["x"])
        return
    draft.put(("series", "outputs"), ["angle", "momentum", "velocity", "force"])
    if starts_late:
        draft.note(("series",), "DeepBench starts this pendulum at the first of the times; here it starts at time 0.")
    draft.note(
        ("series",),
        "DeepBench's q, p, dq/dt and dp/dt. To q and p it adds noise of 0.1, also where none is asked for; here that "
        "would be `noise: [{gaussian: {angle: 0.1, momentum: 0.1}}]`.",
    )


def _gravity(given: Section, name: str) -> tuple[str, ...]:
    """The keys that give the gravity: itself, or the hierarchical pair where gravity or its noise is null."""
    pair, alone = ("big_G_newton", "phi_planet"), ("acceleration_due_to_gravity",)
    if name != "Pendulum" or (alone[0] in given and not all(key in given for key in pair)):
        return alone
    if alone[0] not in given:
        return pair if any(key in given for key in pair) else alone
    noise = given.section(NOISE).values
    return pair if alone[0] in noise and noise[alone[0]] is None else alone


def _put_noise(given: Section, draft: Draft, gravity: tuple[str, ...], noiseless: bool) -> None:
    noise = given.section(NOISE)
    noise.only(PARAMETERS, "parameter with noise")
    levels = {key: noise.needed(key, level) for key in noise.values if key in noise}
    levels = {key: value for key, value in levels.items() if value}
    if not levels:
        return
    names = ", ".join(f"{PARAMETERS[key]}: {brief(value)}" for key, value in levels.items())
    if noiseless:
        draft.note(
            ("catalogues",),
            f"Without noise_std_percent, as DeepBench makes it; with it: `parameter_noise: {{{names}}}`.",
        )
        return
    unused = [key for key in ("big_G_newton", "phi_planet") if key in levels and key not in gravity]
    if unused:
        draft.note(("catalogues",), f"Not used, since gravity is given: noise of {' and '.join(unused)}.")
    if len(unused) == len(levels):
        return
    path: Path = ("parameter_noise",)
    for key in [key for key in levels if key not in unused]:
        draft.put((*path, PARAMETERS[key]), checks.plain(levels[key]), noise.where(key))
    draft.note(
        path,
        "Relative standard deviations. DeepBench draws anew at every time, which makes a trajectory of no pendulum; "
        "here once for each sample.",
    )
    if len(gravity) > 1:
        draft.note(path, "DeepBench applies the noise of big_G_newton and phi_planet twice: sqrt(2) times this.")


def _put_friction(given: Section, entry: Entry) -> None:
    key = "coefficient_friction"
    friction = given.needed(key, number) if key in given else 0.0
    note = "In N m s. DeepBench takes a coefficient and makes no use of it."
    entry.put("friction", friction, given.where(key), *([note] if friction else []))
