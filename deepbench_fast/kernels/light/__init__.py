"""Astronomical light profiles."""
