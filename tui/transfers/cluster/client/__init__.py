"""Dask's client, in a process of its own that has no credentials.

Whatever a scheduler or a worker sends is unpickled by Dask's library, which lets its sender run any code: so that
library is imported here alone (`__main__`), confined as far as the kernel can (`confined`), and the engine hears of it
by `messages` only.
"""
