"""Where credentials come from: typed keys, roles, MFA, sign-ins, programs; and when they expire."""
