"""Sandbox: simulated markets with known truth; nothing here is needed to run a workspace."""
