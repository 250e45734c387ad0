"""What an order asks for its copies (attributes, ACLs, locks), against a server."""
