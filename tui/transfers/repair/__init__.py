"""The repair of ownership: objects that belong to other accounts become the bucket owner's.

`parties` says who does which half, `reckoning` counts what is to be repaired and what is left out, `plan` has all that
is known before. `repairer` does it for one object, `read_back` compares afterwards, `rollback` keeps what it was.
"""
