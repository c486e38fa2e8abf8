"""The results directory: written once, atomically, never overwritten."""
