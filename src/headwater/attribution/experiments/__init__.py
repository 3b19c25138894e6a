"""Experiments: how large a test must be, and what one has found. Pure mathematics on arrays."""
