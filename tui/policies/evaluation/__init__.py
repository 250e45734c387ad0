"""Evaluates one request as AWS does: documents, layers, cause, remedy."""
