"""What happens to the pixels of a scene."""
