"""What an auditor does with the custody log: the report of unusual access, and the export."""
