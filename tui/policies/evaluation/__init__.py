"""One request, evaluated as AWS does: documents, layers, cause, remedy."""
