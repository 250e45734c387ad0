"""The screen: panes, dialogs and their messages. No AWS code, ever."""
