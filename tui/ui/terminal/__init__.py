"""What goes to the terminal: of each frame only the cells that have changed, in as few bytes as that takes."""
