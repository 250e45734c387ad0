"""S3 Inventory reports in place of a listing: their manifests and files, and which one is the newest.

A report is a day old or more. Formats: Amazon S3 User Guide, "Inventory manifest" and "Amazon S3 Inventory list".
"""
