"""API: the HTTP door, and the server that composes collector, API and page."""
