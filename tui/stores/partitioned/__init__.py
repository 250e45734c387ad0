"""A long listing read at several places of the key range at once.

`listing` is how it is reached. `splitting` knows where a range of keys can be split, `key_range` what of a range was
read, `schedule` which range is read next.
"""
