import shutil
import subprocess

import pytest

from vttbench.mlflow_server.environment_file import assignment


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("$HOME and `id`", r'"\$HOME and \`id\`"'),
        ("back\\slash", r'"back\\slash"'),
        ("it's # no comment; %n", '"it\'s # no comment; %n"'),
    ],
)
def test_quotes_what_systemd_would_give_a_meaning_to(value, written):
    assert assignment("NAME", value) == f"NAME={written}"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize("value", ["a\"b'c$d`e\\f #g", " lead and trail ", "ü€"])
def test_a_shell_that_sources_the_file_reads_the_same(value):
    script = assignment("NAME", value) + '\nprintf %s "$NAME"'
    assert subprocess.run(["bash", "-c", script], capture_output=True).stdout.decode() == value


def test_refuses_more_than_one_line_without_repeating_the_value():
    with pytest.raises(ValueError, match="more than one line") as caught:
        assignment("NAME", "hidden\nEVIL=1")
    assert "hidden" not in str(caught.value)
