"""What everything shares: locations, identities, problems, listings, orders, jobs, facts, changes. No I/O."""
