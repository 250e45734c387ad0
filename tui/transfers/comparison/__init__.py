"""Two listings merged in key order: what only one of them has, what differs, and what is the same.

`stretches` are the pages of one listing, `merging` compares two of them by column, `judging` says what sizes, ETags and
times prove, `settling` asks for more where that is wanted, and `compare` runs all of it over two stores.
"""
