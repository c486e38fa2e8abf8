# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``verify_services``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: verify_services
short_description: Prove from a client's side that the services of a results server work
description:
  - Runs on the controller, which is a client like any other. Tries each service, prints one table
    with URL, version and state, and fails where a service does.
  - MLflow is given a throw-away run with an artifact, which must come back as it was; PostgreSQL must
    let its reader read and refuse it a write; a port that should be closed must be closed.
options:
  services:
    description:
      - What to try. C(kind) is V(mlflow) (C(url), C(user), C(password), C(ca_file)), V(postgresql)
        (C(host), C(port), C(database), C(user), C(password), C(ca_file)), V(closed) (C(service),
        C(host), C(port)), V(backup) (C(folder), C(status), which is what its status.json says), or V(reported) for what the server's own side has said (C(service), C(url),
        C(version), C(state), C(detail)).
    type: list
    elements: dict
    required: true
attributes:
  check_mode:
    support: full
    description: Asks for health and version, and writes nothing.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Prove that MLflow works
  verify_services:
    services:
      - kind: mlflow
        url: http://10.77.0.30:5000
        user: shipper
        password: "{{ ms01_mlflow_shipper_password }}"
  no_log: true
"""

RETURN = r"""
services:
  description: What was found, one entry a service, with C(service), C(url), C(version), C(state), C(detail).
  type: list
  elements: dict
  returned: always
failed_services:
  description: Names of those that failed.
  type: list
  elements: str
  returned: always
"""
