"""Two accounts in a box: an embedded S3 on loopback with the traps of cross-account work laid out.

`profiles`, `launch` and `serve` are light (standard library only) and may be imported before first paint;
everything else runs in the server's own process (`python -m tui.demo`).
"""
