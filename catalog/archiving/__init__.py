"""归档: the archivist's register, what a file holds, its acceptance check, and what expires when."""
