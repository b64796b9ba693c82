"""What can be practised: where reference signs and stories come from, and how they get into the store."""
