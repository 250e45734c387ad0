"""The screen: panes, dialogs and what they say to each other. No AWS code, ever."""
