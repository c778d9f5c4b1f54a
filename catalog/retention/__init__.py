"""保管期限: how long what is kept, why, and that the storage keeps it so."""
