"""Samples → figures."""
