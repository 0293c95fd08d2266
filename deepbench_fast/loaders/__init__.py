"""A file or a recipe → batches for training, shuffled and going on where they stopped."""
