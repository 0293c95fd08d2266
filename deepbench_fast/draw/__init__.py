"""Recipe → plan → tables: every number of a sample."""
