"""What happens to the pixels: point spread functions and noise, a model a file."""
