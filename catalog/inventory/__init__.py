"""Inventory: what the catalog says of the storage, held against the storage itself, in both directions."""
