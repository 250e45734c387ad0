"""Tests of versions in the panes."""
