"""Runs of Ranvier on small real data: sick ones and healthy ones."""
