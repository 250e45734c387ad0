"""What is in objects: viewed, printed, edited, saved."""
