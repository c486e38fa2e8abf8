# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``plan_suite``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: plan_suite
short_description: Decide what a run of C(benchmark.yml) does on a host
description:
  - Reads what was asked for (profile, sessions, tags, resume) and sets the fact C(vttbench_suite), which
    the playbook, the roles and M(measure) work by.
  - The plan is the same for every host of a run but for what a host can't do and, with O(resume), what it
    has already done.
  - In check mode it says what would be run and how long that takes, from earlier runs where there are any,
    and writes nothing.
options:
  profile:
    description: How thorough to be.
    type: str
    choices: [quick, standard, full]
    default: standard
  sessions:
    description: Passes over the suite, with a rest between them. Default from the profile.
    type: int
  seed:
    description: Decides the order of the benchmarks in each session. Default is drawn, and recorded.
    type: int
  resume:
    description: Whether to go on with the last suite of this profile and do only what it lacks.
    type: bool
    default: false
  results_dir:
    description: Where results are written on the controller. Default is C(results/) in the checkout.
    type: path
  state_dir:
    description:
      - Where the controller remembers suites and keeps what is not shipped yet. Default is C(.vttbench/) in the checkout.
    type: path
  model_config_mode:
    description:
      - Which language models are measured, one of V(light), V(default), V(all).
      - Default is the environment variable E(MODEL_CONFIG_MODE), and V(default) without it.
    type: str
  run_tags:
    description: What C(--tags) said.
    type: list
    elements: str
    default: [all]
  skip_tags:
    description: What C(--skip-tags) said.
    type: list
    elements: str
    default: []
  custom:
    description: Benchmarks that the inventory defines, on top of those in C(benchmarks.d/).
    type: list
    elements: dict
    default: []
attributes:
  check_mode:
    support: full
    description: Plans, and says how long it will take.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Plan what is done on this host
  plan_suite:
    profile: quick
    run_tags: "{{ ansible_run_tags }}"
    skip_tags: "{{ ansible_skip_tags }}"
"""

RETURN = r"""
ansible_facts:
  description: The fact C(vttbench_suite).
  type: dict
  returned: always
  contains:
    vttbench_suite:
      description: >-
        suite_id, profile, sessions, seed, resume, results_dir, state_dir, root, limits, model_config_mode,
        session_cooldown_s, stages, benchmarks, roles, and steps, each with session, session_id, benchmark, role, rest, done.
      type: dict
"""
