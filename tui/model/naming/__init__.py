"""How buckets and objects are named: rules for new buckets, ARNs, links."""
