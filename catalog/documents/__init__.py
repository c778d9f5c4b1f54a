"""Documents, scans and screenshots that people put in by the browser, kept like every other original."""
