"""Links from the panes."""
