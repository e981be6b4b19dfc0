"""What all records share: value types, ids, transactions and the audit trail."""
