"""Tests of tui.transfers.copy without I/O."""
