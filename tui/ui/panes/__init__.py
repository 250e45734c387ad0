"""One pane: its identity, its path, its table of rows."""
