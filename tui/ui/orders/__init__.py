"""The dialogs in which an order is made: copy, move, delete, new prefix or bucket, incomplete uploads."""
