"""Tests of tui.transfers.plan without I/O."""
