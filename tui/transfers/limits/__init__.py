"""How much runs at once: objects, parts, memory, bytes per second, requests to one endpoint; all transfers share it."""
