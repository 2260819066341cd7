"""What leaves the workshop: the model file."""
