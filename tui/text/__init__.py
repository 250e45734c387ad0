"""How values are written and what is typed, for screen and commands."""
