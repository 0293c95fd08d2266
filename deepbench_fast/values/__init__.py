"""What a value in a recipe may be."""
