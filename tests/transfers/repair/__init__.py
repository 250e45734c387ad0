"""Tests of the repair of ownership."""
