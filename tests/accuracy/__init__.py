"""Every accuracy that is stated in docs/accuracy.md, held against an independent oracle over the whole valid range."""
