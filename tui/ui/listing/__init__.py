"""What a pane knows of S3: the entries of a level, the tree of expanded levels, rows and columns. No terminal here."""
