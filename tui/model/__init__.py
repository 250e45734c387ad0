"""Values that the screen and the engine share: standard library and msgspec only."""
