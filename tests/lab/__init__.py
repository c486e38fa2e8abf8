"""A laboratory on one machine: Debian hosts with systemd and SSH, as LXC containers on a bridge.

Roles are tested on these hosts the way they are used: over SSH, with real apt, systemd and users.
``python -m tests.lab up ms01`` starts one; `docs/lab.md` tells the rest.
"""
