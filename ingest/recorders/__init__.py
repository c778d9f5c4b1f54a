"""Finding recorders, telling which is which, listing and opening what lies on them."""
