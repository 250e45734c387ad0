"""Values of the inspection: the sections of the facts, the rules of a lifecycle."""
