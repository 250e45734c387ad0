"""The inspector: the facts about one row, and the findings."""
