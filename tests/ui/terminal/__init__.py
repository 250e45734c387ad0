"""What has to do with the terminal and the keyboard: the context menu, keys, mouse, help, themes."""
