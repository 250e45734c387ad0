"""The list of transfers, one transfer, its results and receipts."""
