"""The screens: they wire widgets, commands and the engine together."""
