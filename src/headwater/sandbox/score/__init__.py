"""Score: how far what a model credits is from what is true, in a market where the truth is known.

`measures.py` defines every number; `truth.py` reads what is true of a market from its files.
"""
