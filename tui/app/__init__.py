"""The assembly of screen and command line: it alone knows which features there are."""
