"""Hygiene: links are built by one convention, checked before they are used, and followed to their end."""
