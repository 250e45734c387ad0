"""Controllers that search and measure."""
