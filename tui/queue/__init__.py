"""The queue of transfers: jobs, their runs, results and receipts."""
