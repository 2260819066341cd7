"""Planted faults: broken programs whose fault is known, and healthy ones, for ``scripts/bench faults``."""
