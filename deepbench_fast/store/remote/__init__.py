"""Datasets in object stores and on web servers: read by ranges of bytes through fsspec, uploaded whole."""
