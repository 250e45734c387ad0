"""The tabs of a pane: each is a pane of its own, and one of them is in front."""
