"""What the numbers say: which machine is best, by how much, whether it is real, what got worse."""
