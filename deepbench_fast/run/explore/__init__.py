"""A page on which a recipe is explored: sliders for its values, and a sample that follows them."""
