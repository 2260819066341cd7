"""The half of the planted faults that is run only at the end."""
