"""EC2 and the metadata service of an instance on loopback: what a VPC looks like from inside."""
