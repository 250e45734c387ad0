"""The content of objects: view, print, edit, save."""
