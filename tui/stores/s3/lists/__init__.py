"""What an answer to ListObjectsV2 says: `pages` is how it is read."""
