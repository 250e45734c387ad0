"""Proves that copies equal their sources.

`pairs`; `pair_sources`: where pairs come from; `pair_evidence`: what is known without reading; `pair_check`: one pair;
`verification`: all pairs.
"""
