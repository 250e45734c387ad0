"""The frame of the screen: context, the pair of panes, dialogs for moving about."""
