"""Access in the demo: identities, policies and their conditions, MFA, STS and signatures."""
