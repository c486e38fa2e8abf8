"""What the role linux_client promises of a host."""

from testinfra.host import Host


def test_the_package_is_installed(host: Host) -> None:
    assert host.package("time").is_installed


def test_nothing_but_the_package_came_with_it(host: Host) -> None:
    recommended = host.run("apt-mark showauto time")
    assert recommended.stdout == ""
