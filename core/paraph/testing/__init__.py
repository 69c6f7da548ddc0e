"""What authors and applications test with: a fake provider and the base of simulators."""
