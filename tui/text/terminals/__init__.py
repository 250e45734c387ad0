"""What a terminal can show: ASCII twins of our symbols, and which terminals need them."""
