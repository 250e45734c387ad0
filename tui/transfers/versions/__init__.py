"""Versions of objects: listed with what is deleted, counted, brought back, and transfers taken back by them."""
