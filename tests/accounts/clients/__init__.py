"""The clients of the accounts: endpoints, sessions, service models."""
