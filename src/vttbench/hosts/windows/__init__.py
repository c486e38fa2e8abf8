"""Windows hosts: what is asked of them, and what their answers mean."""
