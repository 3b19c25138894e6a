"""Tests of the tracker, in a real Chromium."""
