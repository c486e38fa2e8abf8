"""What the role ``postgresql`` decides: which cluster, how much memory, who may connect."""
