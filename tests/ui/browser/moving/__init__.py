"""Moving about in the browser: tabs, columns, locations by name."""
