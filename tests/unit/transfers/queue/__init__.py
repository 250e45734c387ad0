"""Tests of tui.transfers.queue without I/O."""
