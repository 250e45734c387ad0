"""The content of objects, looked at before anything is known of them."""
