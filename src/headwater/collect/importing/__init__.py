"""Importing: what stands between a file as it came and the rows of the archive."""
