"""Tables → samples."""
