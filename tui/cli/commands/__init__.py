"""One module a command of `xs3-tui`; each is imported when it is wanted."""
