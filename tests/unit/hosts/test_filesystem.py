import pytest

from vttbench.hosts.filesystem import refusal, size_bytes

GIB = 1 << 30


def test_a_disk_with_room_is_taken():
    assert refusal("ext2/ext3 1000000 4096", "/data", "1G") == ""


@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
def test_memory_is_never_measured_as_a_disk(kind):
    said = refusal(f"{kind} 1000000 4096", "/dev/shm", "1G")
    assert "/dev/shm lies in memory" in said
    assert "benchmark_fio_dir" in said


def test_a_disk_is_not_filled_to_the_brim():
    assert refusal(f"xfs {2 * GIB // 4096} 4096", "/data", "1G") == ""
    said = refusal(f"xfs {2 * GIB // 4096 - 1} 4096", "/data", "1G")
    assert "2.1 GB are needed" in said


@pytest.mark.parametrize("output", ["", "stat: cannot read", "ext4 - 4096"])
def test_what_stat_could_not_tell_is_a_reason_and_no_crash(output):
    assert "/data" in refusal(output, "/data", "1G")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("512M", 512 << 20), ("4g", 4 << 30), ("1GiB", 1 << 30), ("4096", 4096), ("2k", 2048)],
)
def test_sizes_are_read_as_fio_reads_them(text, expected):
    assert size_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "M", "1.5G", "-1G"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="is not a size"):
        size_bytes(text)
