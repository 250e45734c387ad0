"""Tests of tui.transfers.limits without I/O."""
