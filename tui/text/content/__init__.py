"""What a content is, and how it is read as text, as hexadecimal lines or as a table: pure, for screen and commands."""
