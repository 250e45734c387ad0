"""Proves that copies equal their sources: `pairs`, where they are from (`pair_sources`), what is known without reading
(`pair_evidence`), one pair (`pair_check`), all of them (`verification`)."""
