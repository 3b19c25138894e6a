"""Contract: what every floor above agrees on (tables, steps, ports, settings, errors)."""
