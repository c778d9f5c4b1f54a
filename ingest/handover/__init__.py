"""From the spool to the server and the storage: offered, sent, completed, with a receipt that was checked."""
