"""What the clients offer, each operation one function that returns a flow."""
