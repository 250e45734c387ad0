"""How screen and commands reach the engine: frames, sessions, finding and starting engines."""
