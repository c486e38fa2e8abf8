"""What a host is, and whether it is fit to be measured right now."""
