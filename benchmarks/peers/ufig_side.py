"""Galaxies on a wide field by UFig, photon by photon, with its Moffat PSF; run by the interpreter that has it:

    python ufig_side.py FOLDER CORES PHOTONS

FOLDER holds `field.npy`, rows with x, y, r_eff, n, ellip and theta, and `frame.npy`, the frame's height and width. What
is timed is UFig's own plugin on a catalogue that is there already, with as many threads as cores. Background and noise
are left out; the photons bring noise of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

from serving import serve, use_cores

FWHM, BETA = 3.76, 3.5
"""The PSF in pixels: as wide as the middle of what `wide-field` draws."""


class Context(SimpleNamespace):
    """What plugins share."""

    def update(self, more: dict[str, object]) -> None:
        vars(self).update(more)


def main(folder: str, cores: str, photons: str) -> None:
    use_cores(int(cores))
    import numpy as np
    from ufig.plugins import render_galaxies_flexion

    table = np.load(Path(folder) / "field.npy")
    height, width = np.load(Path(folder) / "frame.npy")
    count = len(table)
    q = 1.0 - table["ellip"]
    size = (1.0 - q * q) / (1.0 + q * q)
    none = np.zeros(count)
    galaxies = SimpleNamespace(
        x=table["x"] + 0.5, y=table["y"] + 0.5, r50=table["r_eff"], sersic_n=table["n"],
        e1=size * np.cos(2.0 * table["theta"]), e2=size * np.sin(2.0 * table["theta"]),
        nphot=np.full(count, int(photons)), psf_beta=np.full((count, 1), BETA), psf_fwhm=np.full(count, FWHM),
        psf_e1=none, psf_e2=none, psf_f1=none, psf_f2=none, psf_g1=none, psf_g2=none, psf_kurtosis=none,
        psf_dx_offset=np.zeros((count, 1)), psf_dy_offset=np.zeros((count, 1)),
    )  # fmt: skip
    parameters = SimpleNamespace(
        seed=1, gal_render_seed_offset=1, n_threads_photon_rendering=int(cores), psf_flexion_suppression=-5.0,
        sersicprecision=9, gammaprecision=13, gammaprecisionhigh=4,
    )  # fmt: skip
    image = np.zeros((height, width))
    context = Context(parameters=parameters, galaxies=galaxies, numgalaxies=count, image=image)
    serve(render_galaxies_flexion.Plugin(context), 1.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
