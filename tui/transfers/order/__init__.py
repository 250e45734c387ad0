"""What an order asks for.

Which objects (`selection`, `filters`, `counting`), under which keys (`target_keys`), with which attributes and ACLs
(`attributes`, `ownership`), between which stores (`sides`, `disk`), and what exists at the target (`existing`).
"""
