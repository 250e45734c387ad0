"""What has to do with the terminal and the keyboard: the context menu, the mouse, suspending."""
