"""HTTP routes of the analyzer."""
