"""One pane: its listing, rows, cells and tabs."""
