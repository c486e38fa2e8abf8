"""What the role linux_client promises of a host."""

from testinfra.host import Host


def test_the_package_is_installed_and_works(host: Host) -> None:
    assert host.package("time").is_installed
    assert host.run("/usr/bin/time --format %x true").stderr.strip() == "0"
