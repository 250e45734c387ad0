"""Looking into objects, and editing what is in them."""
