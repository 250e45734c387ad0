"""What is remembered from one start of the screen to the next: bookmarks, and where the last session ended."""
