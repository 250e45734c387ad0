"""Verification of copies, by what servers say of both sides, by what was recorded, or by reading.

`pairs` gives what is to be compared: from two listings (`places`) or from results (`recorded`). `looking` compares
without reading content, by `evidence`; what that leaves is read by `reading`. `verifying` does both, in this order.
"""
