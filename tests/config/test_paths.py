"""Where things lie: one socket for one data folder, in a folder that is ours alone."""

import os
import stat

import pytest

from skim_tui.paths import PathError, Paths


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "r"))
    return tmp_path / "r" / "skim"


def test_two_ways_to_the_same_folder_give_one_socket_and_another_folder_another(tmp_path, runtime):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    socket = Paths.of(tmp_path / "data").socket
    assert Paths.of(tmp_path / "link").socket == Paths.of(f"{tmp_path}/x/../data").socket == socket
    assert Paths.of(tmp_path / "other").socket != socket and socket.parent == runtime


def test_everything_else_lies_in_the_data_folder(tmp_path):
    paths = Paths.of(tmp_path)
    assert {path.parent for path in (paths.journal, paths.logs, paths.lock, paths.exchange)} == {tmp_path}
    assert len({paths.journal, paths.logs, paths.lock, paths.exchange}) == 4


def test_the_socket_folder_is_closed_to_others(tmp_path, runtime):
    runtime.mkdir(parents=True, mode=0o755)
    runtime.chmod(0o777)
    assert stat.S_IMODE(Paths.of(tmp_path).socket.parent.stat().st_mode) == 0o700


def test_a_link_in_its_place_is_refused(tmp_path, runtime):
    runtime.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    runtime.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PathError, match="a link is refused"):
        _ = Paths.of(tmp_path).socket


def test_a_folder_of_another_user_is_refused(tmp_path, runtime, monkeypatch):
    runtime.mkdir(parents=True)
    owner = runtime.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(PathError, match="belongs to another user"):
        _ = Paths.of(tmp_path).socket


def test_a_path_too_long_for_a_socket_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("é" * 60)))
    with pytest.raises(PathError, match="set XDG_RUNTIME_DIR"):
        _ = Paths.of(tmp_path).socket
