"""Many networks of one shape, trained as one program."""

from .step import Population as Population
