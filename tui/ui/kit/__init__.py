"""What every screen is made of: dialogs, lines, choices, commands, messages, styles."""
