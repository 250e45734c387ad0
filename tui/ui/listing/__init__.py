"""What a pane holds of S3: listings by column, the tree of those that are expanded, its rows. No terminal here."""
