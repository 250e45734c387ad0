"""The features, each in a folder of its own; the last word of a file's name is its layer."""
