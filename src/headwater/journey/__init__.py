"""Journey: from events to sessions, touchpoints, conversions and the journeys between them."""
