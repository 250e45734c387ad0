"""Tests of the ranges of a cluster's transfer."""
