"""What an identity needs from the user: an MFA code, a sign-in, a secret."""
