"""What the screen keeps: bookmarks, the last session, edited files, identities."""
