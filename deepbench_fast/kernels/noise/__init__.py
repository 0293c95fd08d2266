"""Noise of pixels and outputs."""
