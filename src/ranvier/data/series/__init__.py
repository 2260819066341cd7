"""Series in long tables: rows with a time, a value and perhaps the name of the series that they belong to.

Legend: N rows, T points of one series, L length of a window, H horizon.
"""
