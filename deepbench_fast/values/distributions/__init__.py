"""Laws that values are drawn from."""
