"""The demo's identities and policies, STS and IAM."""
