"""What dialogs are made of: inputs, footer, commands and their keys."""
