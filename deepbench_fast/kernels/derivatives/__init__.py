"""Exact first derivatives: scalar functions compiled once more, for numbers that carry their slopes with them."""
