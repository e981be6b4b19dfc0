"""Reports changes to the audit trail, which query keeps."""
