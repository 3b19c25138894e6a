"""Bits: numbers of so many bits, one after the other, as the consent strings of the IAB hold them.

Reads  base64 of either alphabet
Makes  numbers, flags, sets of members, Fibonacci codes
"""

from __future__ import annotations

from base64 import b64decode

BITS = 6
"""Of one letter."""


class Bits:
    """A reader of numbers of so many bits; raises ValueError behind the end."""

    def __init__(self, text: str) -> None:
        """Take base64, padded or not. Raises ValueError for anything else."""
        said = text.rstrip("=")
        content = b64decode(said + "A" * (-len(said) % 4), altchars=b"-_", validate=True)
        self._left = len(said) * BITS
        self._number = int.from_bytes(content, "big") >> (len(content) * 8 - self._left)

    def number(self, bits: int) -> int:
        """Read a number of so many bits."""
        if bits > self._left:
            raise ValueError("the string ends in the middle")
        self._left -= bits
        return (self._number >> self._left) & ((1 << bits) - 1)

    def flag(self) -> bool:
        """Read one bit."""
        return self.number(1) == 1

    def fibonacci(self) -> int:
        """Read a number in Fibonacci code: it ends with two ones."""
        total, here, following, was_one = 0, 1, 2, False
        while True:
            is_one = self.flag()
            if is_one and was_one:
                return total
            total += here if is_one else 0
            here, following, was_one = following, here + following, is_one

    def members(self, count: int) -> frozenset[int]:
        """Read a field of `count` bits; the first one stands for 1."""
        bits = self.number(count)
        return frozenset(place for place in range(1, count + 1) if bits >> (count - place) & 1)

    def ranges(self) -> frozenset[int]:
        """Read a list of single vendors and of vendors from one to another."""
        found: set[int] = set()
        for _ in range(self.number(12)):
            is_range = self.flag()
            first = self.number(16)
            last = self.number(16) if is_range else first
            found.update(range(first, last + 1))
        return frozenset(found)

    def vendors(self) -> frozenset[int]:
        """Read vendors as a field of bits, or as a list where that is shorter."""
        highest = self.number(16)
        return self.ranges() if self.flag() else self.members(highest)
