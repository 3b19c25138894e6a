"""Identity: from the identifiers on events to links, and from links to persons."""
