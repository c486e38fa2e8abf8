# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``measure``; the code is in ``plugins/action/measure.py``."""

DOCUMENTATION = r"""
module: measure
short_description: Measure one benchmark on a host until its numbers are stable, and write the result
description:
  - Runs a benchmark tool on the host, reads its output on the controller, and repeats until the
    relative half-width of the 95 % confidence interval of every primary metric is under a target,
    or until a limit on repeats or time is reached.
  - Every repeat gets a fresh working directory. Repeats that something else on the host disturbed
    are marked C(contaminated) and repeated, never averaged in.
  - What was measured is on the controller's disk after every repeat, so that an interrupted run
    leaves a C(partial) or C(failed) result and not nothing.
  - The result document is written to RV(path) before the task ends, whatever happened. A benchmark
    that fails does not fail the task unless O(fail_on_error) is set; look at RV(status).
  - In check mode it says what it would run and how long that usually takes, and measures nothing.
options:
  benchmark:
    description: Name of the benchmark, such as V(sevenzip) or V(llama).
    type: str
    required: true
  variant:
    description: Which of several measurements of this benchmark this is, such as a model or a fio job.
    type: str
  version:
    description: Version of the benchmark's definition. Raise it when results stop being comparable.
    type: str
    default: "1"
  tool:
    description: Program that is measured with, as people call it. Default is the name of the first word of O(argv).
    type: str
  argv:
    description:
      - The command, as a list of words. It is run without a shell, with C(LC_ALL=C), in a directory of its own.
      - Required unless O(skip_reason) is given.
    type: list
    elements: str
  version_argv:
    description:
      - Command whose first line of output says the tool's version, for tools that don't say it while they work.
    type: list
    elements: str
  environment:
    description: Environment variables for the tool, on top of the host's own.
    type: dict
    default: {}
  prepare:
    description:
      - Commands, each a list of words, that are run once before the first repeat, such as writing a test file.
      - They run in O(work_dir)/shared, which is kept until all repeats are done. Its path is in the environment
        variable E(VTTBENCH_SHARED), which is expanded in O(argv) too.
    type: list
    elements: list
    default: []
  parser:
    description:
      - How the output is read. Either the name of a parser (entry point group C(vttbench.parsers)),
        or a dictionary as described in C(docs/add-a-benchmark.md).
    type: raw
    required: true
  parameters:
    description: What was asked of the tool. Recorded in the result, and part of the key that decides what may be compared.
    type: dict
    default: {}
  artifacts:
    description: Names of files that the tool writes into its working directory, to be brought back as raw output.
    type: list
    elements: str
    default: []
  targets:
    description: >-
      Files that must be there after O(prepare), with their size in bytes. What a tool laid out under another name
      is noticed before it is measured.
    type: dict
    default: {}
  work_dir:
    description: Folder on the host below which the working directories are made. It is emptied afterwards.
    type: path
    default: ~/.cache/vttbench/work
  warmup:
    description:
      - At most so many repeats are thrown away before the first one that counts. Warm-up ends as soon as two
        repeats in a row agree. What was thrown away is recorded. Default from the profile.
    type: int
  min_repeats:
    description: At least so many repeats count. Default from the profile.
    type: int
  max_repeats:
    description: After so many repeats the verdict is C(did not converge). Default from the profile.
    type: int
  target_half_width:
    description: Relative half-width of the 95 % interval, in percent, at which repeating ends. Default from the profile.
    type: float
  timeout:
    description:
      - Seconds after which one repeat is ended. Default is three times what this benchmark usually takes on
        this host, and O(default_timeout) where it has never been measured.
    type: float
  default_timeout:
    description: Seconds after which one repeat is ended where nothing is known of this benchmark on this host.
    type: float
    default: 1800
  budget:
    description: Seconds that all repeats together may take. Default from the profile.
    type: float
  cooldown:
    description: Seconds of rest before each repeat. Default from the profile.
    type: float
  telemetry:
    description: Whether temperatures, clocks and power are recorded while the tool works.
    type: bool
    default: true
  memory_only:
    description:
      - Whether the tool touches no disk while it is measured, such as 7-Zip's benchmark or STREAM. Then a repeat
        during which tasks of the host waited for a disk counts as disturbed.
    type: bool
    default: false
  skip_reason:
    description: If given, nothing is run, and a result with status C(skipped) and this message is written.
    type: str
  failure:
    description:
      - If given, nothing is run, and a result with status C(failed) is written, such as when the tool could not be built.
    type: dict
    suboptions:
      kind:
        description: Kind of the error, as in the result document.
        type: str
        required: true
      message:
        description: One sentence that says what happened and what to do.
        type: str
        required: true
  fail_on_error:
    description: Whether the task fails when the result does.
    type: bool
    default: false
notes:
  - Suite, session, host description, profile and the place of the results are read from the facts
    C(vttbench_suite), C(vttbench_step), C(vttbench_host) and C(vttbench_preflight) of the host, which
    M(plan_suite), the loop over its steps, M(describe_host) and M(preflight) set.
  - >-
    The variable C(measure_limits), a dictionary, overrides what the profile and the role say, such as
    C(-e '{"measure_limits": {"min_repeats": 20, "max_repeats": 40}}'). Its names are C(warmup), C(min_repeats),
    C(max_repeats), C(target_half_width_percent), C(budget_s) and C(cooldown_s).
  - The variable C(measure_contamination_thresholds), a dictionary, says from where on a repeat counts as disturbed;
    see C(docs/preflight.md).
  - The variable C(measure_temperature_limits), a dictionary such as C({temperature_c=100}) from a telemetry
    series to degrees Celsius, says where the hardware slows down where its drivers don't; see C(docs/telemetry.md).
attributes:
  check_mode:
    support: full
    description: Says what would be run and for how long.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Measure 7-Zip with all threads
  measure:
    benchmark: sevenzip
    argv: [/usr/bin/7zz, b, "1", -md22]
    parser: sevenzip
    parameters: {dictionary: 22, passes: 1}

- name: Measure the user's own tool
  measure:
    benchmark: sysbench
    argv: [sysbench, cpu, run]
    parser:
      regex: 'events per second:\s+(?P<value>[\d.]+)'
      metrics:
        - {name: events_rate, unit: 1/s, higher_is_better: true}
"""

RETURN = r"""
result_id:
  description: Id of the result document.
  type: str
  returned: always, but in check mode
path:
  description: Path of the result document on the controller.
  type: str
  returned: always, but in check mode
status:
  description: One of ok, unstable, failed, partial, skipped; planned in check mode.
  type: str
  returned: always
metrics:
  description: Value, unit, interval and spread of each metric.
  type: list
  returned: when something was measured
error:
  description: Kind and message of what went wrong.
  type: dict
  returned: when status is not ok
"""
