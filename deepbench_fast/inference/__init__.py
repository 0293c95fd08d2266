"""What samples can say of parameters."""
