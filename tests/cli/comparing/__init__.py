"""Tests of the commands about versions."""
