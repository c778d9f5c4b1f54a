"""案卷: cases, their file's way into the archive, what is attached to them."""
