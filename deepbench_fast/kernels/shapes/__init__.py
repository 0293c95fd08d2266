"""Geometric shapes: a pixel is set if its centre lies inside, or to the part of its area that does."""
