"""How one request is evaluated: which policy decides, and what has to change. Asked for, never by the cursor."""
