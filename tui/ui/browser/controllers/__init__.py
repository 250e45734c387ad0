"""What the browser does, one class per subject: the screen owns them, see `tui.ui.browser`."""
