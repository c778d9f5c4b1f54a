"""What stands between a name typed somewhere and a session: counted tries, bounded hashing, known devices, idle ends."""
