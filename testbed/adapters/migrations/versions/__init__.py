"""One module per revision; what has been released is never edited."""
