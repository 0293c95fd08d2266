"""Numba functions over arrays and scalars: they know no recipe and no file."""
