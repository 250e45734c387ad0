"""The rules of the diagnosis, by subject. Each takes the evidence and gives what follows from it; all are pure.

`tui.inspection.diagnosis` names those that are run, in their order.
"""
