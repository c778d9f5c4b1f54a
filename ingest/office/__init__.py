"""What station and office are to each other: enrolled, pinned, trusted, told, ordered."""
