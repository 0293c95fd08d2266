"""A kind of one's own: a ring of light.

Try: deepbench-fast --kinds docs/examples/ring.py preview ring -o ring.png
"""

import numpy as np

from deepbench_fast import light_kind, parameter
from deepbench_fast.kernels.elementary import exp


@light_kind(
    "ring",
    meaning="ring: amplitude * exp(-((r - radius) / width)^2 / 2)",
    parameters=[
        parameter("amplitude", low=0, high=1e6, default={"loguniform": [1, 10]}, meaning="peak brightness"),
        parameter("radius", "pix", low=0, high=1e4, default={"uniform": [4, 9]}, meaning="radius of the ring"),
        parameter("width", "pix", low=0.1, high=1e4, default=1.5, meaning="standard deviation across the ring"),
    ],
)
def ring(dx, dy, row):
    """Brightness at dx columns and dy rows from the centre."""
    z = (np.sqrt(dx * dx + dy * dy) - row.radius) / row.width
    return row.amplitude * exp(-0.5 * z * z)
