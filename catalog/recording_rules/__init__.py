"""记录规则: which acts must, should or need not be recorded, as data with its legal basis."""
