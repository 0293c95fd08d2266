"""Shapes: pixels whose centre is inside are 1, the others 0; with `coverage: true`, the covered part of each pixel.

Positions are pixel coordinates (x = column, y = row; 0 is the centre of the first pixel). Lengths are in pixels, angles
in degrees, counter-clockwise from +x towards +y. Outlines (`fill: 0`) lie within the filled shape: the outer edges are
the same, the inner ones moved inwards by `line_width`. Defaults scale with S, the smaller side of the image.
"""

from __future__ import annotations

from deepbench_fast.kinds.shapes.arc import ARC
from deepbench_fast.kinds.shapes.circle import CIRCLE
from deepbench_fast.kinds.shapes.ellipse import ELLIPSE
from deepbench_fast.kinds.shapes.line import LINE
from deepbench_fast.kinds.shapes.polygon import POLYGON
from deepbench_fast.kinds.shapes.rectangle import RECTANGLE

KINDS = (RECTANGLE, POLYGON, ELLIPSE, CIRCLE, ARC, LINE)
