"""The requests that a transfer sends most, on connections of our own: botocore says once how each looks on the wire."""
