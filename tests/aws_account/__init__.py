"""What `make test-aws` and `make test-aws-clean` do in two AWS accounts."""
