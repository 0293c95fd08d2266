"""Writes recipes."""
