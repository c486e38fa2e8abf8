"""What Ansible sends to a Windows host, taken apart: bootstrap, manifest, actions, input."""
