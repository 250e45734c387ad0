"""``xs3-tui access``: a command with subcommands."""
