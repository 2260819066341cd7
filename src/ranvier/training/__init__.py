"""Training: the loop and what it is made of: objectives, optimizers, schedules, averaging, penalties."""
