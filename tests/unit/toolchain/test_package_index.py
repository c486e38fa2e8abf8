from pathlib import Path

import pytest

from vttbench.toolchain.package_index import DownloadError, fetch
from vttbench.toolchain.pip_settings import PipSettings

NAME = "a_tool-1.0.tar.gz"
CONTENT = bytes(range(256)) * 4096


def settings(index, **changes):
    return PipSettings(indexes=(index.url,), **changes)


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_file_is_fetched_from_either_form_of_an_index(index, sha256, tmp_path, form):
    index.form, index.files = form, {"a_tool-0.9.tar.gz": b"older", NAME: CONTENT}
    target = tmp_path / "cache" / NAME
    assert fetch("a-tool", NAME, sha256(CONTENT), target, settings(index)) == target
    assert target.read_bytes() == CONTENT


def test_a_file_that_is_there_is_not_fetched_again(index, sha256, tmp_path):
    target = tmp_path / NAME
    target.write_bytes(CONTENT)
    fetch("a-tool", NAME, sha256(CONTENT), target, settings(index))
    assert index.asked == []


def test_a_file_with_other_content_is_replaced(index, sha256, tmp_path):
    index.files = {NAME: CONTENT}
    target = tmp_path / NAME
    target.write_bytes(b"half a download of an earlier day")
    fetch("a-tool", NAME, sha256(CONTENT), target, settings(index))
    assert target.read_bytes() == CONTENT


def test_content_with_another_hash_is_refused_and_leaves_nothing(index, sha256, tmp_path):
    index.files = {NAME: CONTENT + b"tampered"}
    with pytest.raises(DownloadError, match=sha256(CONTENT)):
        fetch("a-tool", NAME, sha256(CONTENT), tmp_path / NAME, settings(index))
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_breaks_off_is_tried_again(index, sha256, tmp_path):
    index.files, index.cut_short = {NAME: CONTENT}, 1
    target = fetch("a-tool", NAME, sha256(CONTENT), tmp_path / NAME, settings(index))
    assert target.read_bytes() == CONTENT
    assert index.asked.count(f"/files/{NAME}") == 2


def test_the_next_index_is_asked_when_the_first_does_not_answer(index, sha256, tmp_path):
    index.files = {NAME: CONTENT}
    both = PipSettings(indexes=("http://127.0.0.1:9/simple", index.url))
    assert fetch("a-tool", NAME, sha256(CONTENT), tmp_path / NAME, both).exists()


def test_a_folder_of_packages_needs_no_index(sha256, tmp_path):
    wheelhouse = tmp_path / "wheel house"
    wheelhouse.mkdir()
    (wheelhouse / NAME).write_bytes(CONTENT)
    for number, place in enumerate((str(wheelhouse), wheelhouse.as_uri())):
        target = tmp_path / str(number) / NAME
        fetch("a-tool", NAME, sha256(CONTENT), target, PipSettings((), find_links=(place,)))
        assert target.read_bytes() == CONTENT


def test_the_message_says_what_was_tried_and_where_to_put_the_file_by_hand(index, sha256, tmp_path):
    with pytest.raises(DownloadError) as caught:
        fetch("a-tool", NAME, sha256(CONTENT), tmp_path / NAME, settings(index))
    for part in (NAME, index.url, str(tmp_path / NAME), sha256(CONTENT), "does not list"):
        assert part in str(caught.value)


def test_a_password_in_the_address_of_an_index_is_not_told(index, sha256, tmp_path):
    secret = index.url.replace("http://", "http://ann:hunter2@")
    with pytest.raises(DownloadError) as caught:
        fetch("a-tool", NAME, sha256(CONTENT), tmp_path / NAME, PipSettings((secret,)))
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_without_any_index_the_message_says_so(sha256, tmp_path: Path):
    with pytest.raises(DownloadError, match="no index"):
        fetch("a-tool", NAME, sha256(CONTENT), tmp_path / NAME, PipSettings(()))
