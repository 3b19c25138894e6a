"""Store: control database, secrets and personal data."""
