"""The accounts screen, forms for identities, signing in."""
