"""Emulated Windows hosts: a WinRM server that Ansible takes for laptops (see README.md)."""
