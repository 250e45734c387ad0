"""The commands that search and measure."""
