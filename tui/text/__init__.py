"""Text that the screen and the commands both print or parse: sizes, times, names, typed values."""
