"""Frames, masks and measures of images."""
