"""All that we use or override of the private parts of botocore, aiobotocore and aiohttp, and nothing else.

They have no public names for it, and aiobotocore is pinned to one minor release, which pins botocore. Each part is
compared with the installed release by `tests/accounts/test_overrides.py`, which names what a new release has changed.
"""
