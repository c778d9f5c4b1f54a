"""Taking over cases from the bureau's case system: reading files, understanding rows, and applying them again and again."""
