"""Ranvier: from data to a neural network that can be trusted."""
