"""Pages: the contract, its steps, the public notices."""
