"""Keeping the index in step with the files."""

import os
from pathlib import Path

import pytest
from search_folder import counts, titles

from search import DocumentIndex, IndexFolderError
from search.walking import walk

# --- refreshing ---


async def test_a_refresh_follows_what_happens_to_files(index: DocumentIndex, folder: Path) -> None:
    first = await index.refresh([folder])
    assert counts(first) == (3, 0, 0, 0)
    assert (first.documents, first.passages) == (3, 3)
    (folder / "psycho.txt").write_text("Vertigo\n\nBernard Herrmann again, with a harp.\n")
    (folder / "page.html").unlink()
    (folder / "new.txt").write_text("Jaws\n\nJohn Williams composed two notes.\n")
    second = await index.refresh([folder])
    assert counts(second) == (1, 1, 1, 1)
    assert await titles(index, "strings") == []
    assert await titles(index, "zimmer inception") == []
    assert await titles(index, "harp") == ["Vertigo"]
    assert await titles(index, "williams") == ["Jaws"]


async def test_a_file_of_the_same_size_and_time_is_not_read_again(
    index: DocumentIndex, folder: Path
) -> None:
    await index.refresh([folder])
    path = folder / "psycho.txt"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"strings", b"glasses"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(await index.refresh([folder])) == (0, 0, 0, 3)
    assert await titles(index, "strings") == ["Psycho"]


async def test_a_file_written_anew_with_the_same_bytes_is_unchanged(
    index: DocumentIndex, folder: Path
) -> None:
    await index.refresh([folder])
    os.utime(folder / "psycho.txt", ns=(1, 1))
    assert counts(await index.refresh([folder])) == (0, 0, 0, 3)


async def test_what_is_no_longer_under_the_roots_is_removed(
    index: DocumentIndex, folder: Path
) -> None:
    await index.refresh([folder])
    assert counts(await index.refresh([folder / "psycho.txt"])) == (0, 0, 2, 1)
    assert await titles(index, "godfather") == []


async def test_documents_that_are_not_files_stay(index: DocumentIndex, folder: Path) -> None:
    await index.add_passages([("Benchmark", "A question's passage.", "hotpotqa:1")])
    report = await index.refresh([folder])
    assert counts(report) == (3, 0, 0, 0)
    assert report.documents == 4
    assert await titles(index, "passage") == ["Benchmark"]


async def test_a_document_added_again_takes_the_place_of_the_first(index: DocumentIndex) -> None:
    await index.add_passages([("A", "The first words.", "x")])
    await index.add_passages([("A", "The second words.", "x")])
    assert [p.text for p in await index.read("x")] == ["The second words."]
    assert await titles(index, "first") == []


async def test_hidden_files_are_left_alone_and_loops_of_links_end(
    index: DocumentIndex, folder: Path
) -> None:
    (folder / ".hidden.txt").write_text("A hidden secret.")
    (folder / ".git").mkdir()
    (folder / ".git" / "config.txt").write_text("Another secret.")
    (folder / "loop").symlink_to(folder)
    (folder / "alias.txt").symlink_to(folder / "psycho.txt")
    assert counts(await index.refresh([folder])) == (3, 0, 0, 0)


async def test_roots_may_overlap(index: DocumentIndex, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a.txt").write_text("Words in a subfolder.")
    report = await index.refresh([folder, folder / "sub", folder / "sub" / "a.txt"])
    assert report.added == 4


async def test_unreadable_files_are_reported_each_time_and_do_not_stop_the_rest(
    index: DocumentIndex, folder: Path
) -> None:
    (folder / "empty.txt").write_text(" \n")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(300 * 2**20)
    (folder / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    first = await index.refresh([folder])
    assert counts(first) == (3, 0, 0, 0)
    reasons = {Path(path).name: reason for path, reason in first.unreadable}
    assert sorted(reasons) == ["empty.txt", "gone.txt", "huge.txt", "pic.png"]
    assert reasons["empty.txt"].startswith("is empty")
    assert reasons["pic.png"].startswith("looks like a PNG image")
    assert reasons["huge.txt"].startswith("has 300.0 MiB")
    assert "broken link" in reasons["gone.txt"]
    second = await index.refresh([folder])
    assert counts(second) == (0, 0, 0, 3)
    assert second.unreadable == first.unreadable


async def test_a_refused_file_of_the_same_size_and_time_is_not_read_again(
    index: DocumentIndex, folder: Path
) -> None:
    path = folder / "bad.txt"
    path.write_bytes(b"one\x00two")
    os.utime(path, ns=(1, 1))
    await index.refresh([folder])
    path.write_bytes(b"one two")
    os.utime(path, ns=(1, 1))
    assert counts(await index.refresh([folder])) == (0, 0, 0, 3)
    os.utime(path, ns=(2, 2))
    assert counts(await index.refresh([folder])) == (1, 0, 0, 3)


async def test_a_document_that_becomes_unreadable_is_removed(
    index: DocumentIndex, folder: Path
) -> None:
    await index.refresh([folder])
    (folder / "psycho.txt").write_bytes(b"\x00\x01")
    report = await index.refresh([folder])
    assert counts(report) == (0, 0, 1, 2)
    assert await titles(index, "strings") == []


async def test_a_name_that_is_no_unicode_is_reported(index: DocumentIndex, folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("Some words.")
    (reported,) = (await index.refresh([folder])).unreadable
    assert reported[0].endswith("caf\\xe9.txt")
    assert "not valid UTF-8" in reported[1]


async def test_progress_is_told_for_each_file(index: DocumentIndex, folder: Path) -> None:
    told: list[tuple[int, int, str]] = []
    await index.refresh([folder], on_progress=lambda *seen: told.append(seen))
    names = ("godfather.md", "page.html", "psycho.txt")
    assert [(number, of) for number, of, _ in told] == [(1, 3), (2, 3), (3, 3)]
    assert sorted(path for *_, path in told) == [str(folder / name) for name in names]


# --- roots that cannot be indexed ---


async def test_a_root_that_does_not_exist_is_named(index: DocumentIndex, tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="nowhere does not exist"):
        await index.refresh([tmp_path, tmp_path / "nowhere"])


async def test_a_root_without_files_is_refused(index: DocumentIndex, tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="holds no files"):
        await index.refresh([tmp_path])


async def test_a_root_without_readable_documents_says_why(
    index: DocumentIndex, folder: Path, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i in range(5):
        (pictures / f"p{i}.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    with pytest.raises(
        IndexFolderError, match=r"pictures holds no .* 5 files seen\. p0\.png looks"
    ):
        await index.refresh([folder, pictures])
    with pytest.raises(IndexFolderError, match=r"p0\.png looks like a PNG image"):
        await index.refresh([folder, pictures / "p0.png"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_folder_that_may_not_be_opened_is_refused(folder: Path) -> None:
    folder.chmod(0)
    with pytest.raises(IndexFolderError, match="cannot be opened"):
        walk([folder])
    folder.chmod(0o700)
