"""``batch`` and its subcommands."""
