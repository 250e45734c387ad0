"""Moving about, without a terminal."""
