"""Astronomical objects: stars, galaxies, spirals and gravitational lenses.

Positions are pixel coordinates (x = column, y = row; 0 is the centre of the first pixel). Lengths are in pixels,
angles in radians, counter-clockwise from +x towards +y. Defaults scale with S, the smaller side of the image.
"""

from __future__ import annotations

from deepbench_fast.kinds.light.galaxy import GALAXY
from deepbench_fast.kinds.light.lens import LENS
from deepbench_fast.kinds.light.spiral_galaxy import SPIRAL_GALAXY
from deepbench_fast.kinds.light.star import STAR

KINDS = (STAR, GALAXY, SPIRAL_GALAXY, LENS)
