"""What all records share: documents of a project, transactions and the audit trail."""
