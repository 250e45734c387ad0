"""What the AWS libraries raise, as problems that a user can act on."""
