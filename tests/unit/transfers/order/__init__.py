"""Tests of tui.transfers.order without I/O."""
