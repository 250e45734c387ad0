"""Amazon S3's limits, in one place (Amazon S3 User Guide, "Amazon S3 multipart upload limits")."""

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

MIN_PART_SIZE = 5 * MIB
"""Smallest part but for the last, in bytes."""

MAX_PART_SIZE = 5 * GIB
"""Largest part, in bytes; also the largest object of one PutObject or CopyObject."""

MAX_PARTS = 10_000
"""Most parts of one upload."""

MAX_OBJECT_SIZE = MAX_PARTS * MAX_PART_SIZE
"""Largest object, in bytes: 48.8 TiB."""

MAX_DELETE = 1_000
"""Most keys of one DeleteObjects."""

MAX_SINGLE_COPY = 5 * GIB
"""Largest object that CopyObject takes, in bytes."""

MAX_ANNOTATIONS = 1000
"""Annotations of an object (Amazon S3 API Reference, PutObjectAnnotation)."""

MAX_ANNOTATION = MIB
"""Largest payload of an annotation, in bytes."""
