"""The HDF5 file: created complete, filled by byte offset, read by memory map."""
