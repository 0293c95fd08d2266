"""Every accuracy that docs/explain/accuracy/ states, held against an independent oracle over the whole valid range."""
