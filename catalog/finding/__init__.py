"""Finding clips: what they are found by, how it is kept up to date, and how questions are answered."""
