"""What a repair needs no server for."""
