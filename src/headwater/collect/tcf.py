"""TCF: the consent string of the IAB's Transparency and Consent Framework, version 2, read bit by bit.

Reads  a TC string, as a consent banner hands it on (only its first segment, the core string)
Makes  a Tcf: purposes and vendors with consent or legitimate interest, and the publisher's restrictions

A string that is cut off, of another version or no base64 is None: what cannot be read grants nothing.
Layout: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats", version 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.collect.bits import Bits

VERSION = 2
PURPOSES = 24
SPECIAL_FEATURES = 12
CREATION_BITS = 36 + 36 + 12 + 12 + 6 + 12 + 12 + 6
"""Created, updated, CMP id, CMP version, screen, language, vendor list version, policy version."""
NOT_ALLOWED, NEEDS_CONSENT, NEEDS_INTEREST = 0, 1, 2
"""Types of a publisher's restriction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcf:
    """What a core string says; purposes and vendors by their numbers."""

    purposes: frozenset[int]
    """Purposes with consent."""
    interests: frozenset[int]
    """Purposes for which legitimate interest was shown and not objected to."""
    special_features: frozenset[int]
    vendors: frozenset[int]
    """Vendors with consent."""
    vendor_interests: frozenset[int]
    restrictions: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    """(purpose, type of restriction) -> the vendors it holds for."""

    def allows(self, purpose: int, *, vendor: int = 0, by_interest: bool = False) -> bool:
        """Say whether a purpose is allowed; `by_interest` lets legitimate interest do.

        `vendor` is a number of the global vendor list; 0 asks for the purpose alone.
        """
        consented = purpose in self.purposes and (not vendor or vendor in self.vendors)
        interested = purpose in self.interests and (not vendor or vendor in self.vendor_interests)
        if vendor and vendor in self.restrictions.get((purpose, NOT_ALLOWED), ()):
            return False
        if vendor and vendor in self.restrictions.get((purpose, NEEDS_CONSENT), ()):
            interested = False
        if vendor and vendor in self.restrictions.get((purpose, NEEDS_INTEREST), ()):
            consented = False
        return consented or (by_interest and interested)


def parsed(text: str) -> Tcf | None:
    """Return what a TC string says; None where it cannot be read."""
    core = text.strip().partition(".")[0]
    try:
        return _read(Bits(core))
    except ValueError:
        return None


def _read(bits: Bits) -> Tcf | None:
    if bits.number(6) != VERSION:
        return None
    bits.number(CREATION_BITS)
    bits.number(2)  # service specific, texts of one's own
    features = bits.members(SPECIAL_FEATURES)
    purposes, interests = bits.members(PURPOSES), bits.members(PURPOSES)
    bits.number(1 + 12)  # purpose one treatment, the publisher's country
    vendors, vendor_interests = bits.vendors(), bits.vendors()
    restrictions: dict[tuple[int, int], frozenset[int]] = {}
    for _ in range(bits.number(12)):
        purpose, kind = bits.number(6), bits.number(2)
        restrictions[purpose, kind] = restrictions.get((purpose, kind), frozenset()) | bits.ranges()
    return Tcf(
        purposes=purposes,
        interests=interests,
        special_features=features,
        vendors=vendors,
        vendor_interests=vendor_interests,
        restrictions=restrictions,
    )
