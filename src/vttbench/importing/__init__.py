"""Older formats of results, read with their known defects."""
