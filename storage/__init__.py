"""S3-compatible object storage: keys, multipart uploads, versions, retention locks and the lock probe."""
