"""The version of Ranvier."""

__version__ = "0.1.0"
