"""The commands and the engine, measured beside other programs in the same run: `python -m tests.bench`."""
