"""Options that several commands have, with the values that were typed."""
