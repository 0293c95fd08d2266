"""Reproducible benchmark datasets from first principles, at the speed of the machine."""

__version__ = "0.1.0"
