"""Worlds: simulated markets whose truth is known, to hold models against.

Read `world.py` (a world is data), `catalogue.py` (the worlds by name), then the mechanisms in their order:
`demand.py`, `contacts.py`, `lift.py`, `truth.py`, `holdout.py`, `sightings.py`; `simulation.py` runs them,
`writing.py` makes files or tables of them, `page.py` tells of them.
"""
