// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.hpp"
#include "os/files.hpp"
#include "os/repo_files.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using os::Access;
using os::RepoFiles;
using test::slurp;
using test::TempFolder;

namespace {

std::string kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.kind());
  }
  return "";
}

std::size_t entries(const std::string& folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

}  // namespace

TEST_CASE("files: a written file is read back, an absent one is nothing", "[os]") {
  const TempFolder folder;
  CHECK_FALSE(os::read_file(folder / "a"));
  os::write_atomically(folder / "a", std::string("x\0y", 3), 0600);
  CHECK(os::read_file(folder / "a") == std::string("x\0y", 3));
  CHECK(mode_of(folder / "a") == 0600);
  os::write_atomically(folder / "a", "", 0644);
  CHECK(os::read_file(folder / "a") == "");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("files: limits and foreign kinds are refused", "[os]") {
  const TempFolder folder;
  test::write(folder / "big", std::string(100, 'x'));
  ::mkfifo((folder / "fifo").c_str(), 0600);
  CHECK(os::read_file(folder / "big", 100)->size() == 100);
  CHECK(kind_of([&] { (void)os::read_file(folder / "big", 99); }) == "too_large");
  CHECK(kind_of([&] { (void)os::read_file(folder / "fifo"); }) == "not_a_file");
  CHECK(kind_of([&] { (void)os::read_file(folder.path()); }) == "not_a_file");
}

TEST_CASE("files: a failed write leaves nothing behind", "[os]") {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "target/full");
  CHECK(kind_of([&] { os::write_atomically(folder / "target", "x", 0600); }) == "io_error");
  CHECK(entries(folder.path()) == 1);
  CHECK(kind_of([&] { os::write_atomically(folder / "none/x", "x", 0600); }) == "io_error");
}

TEST_CASE("files: create keeps what is there", "[os]") {
  const TempFolder folder;
  CHECK(os::create_atomically(folder / "a", "1", 0600));
  CHECK_FALSE(os::create_atomically(folder / "a", "2", 0600));
  CHECK(slurp(folder / "a") == "1");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("files: folders are made with their parents", "[os]") {
  const TempFolder folder;
  os::ensure_directory(folder / "a/b/c", 0700);
  os::ensure_directory(folder / "a/b/c", 0755);
  CHECK(mode_of(folder / "a/b/c") == 0700);
  test::write(folder / "file", "");
  CHECK(kind_of([&] { os::ensure_directory(folder / "file", 0700); }) == "io_error");
}

TEST_CASE("files: temporaries are swept when nobody holds them", "[os]") {
  const TempFolder folder;
  const std::string left = folder / os::new_temporary_name();
  const std::string link = folder / os::new_temporary_name();
  for (const auto& path : {left, folder / ".striatum-tmp-user"}) test::write(path, "");
  test::write(folder / os::new_temporary_name() + "/objects/00/x", "");
  std::filesystem::create_symlink("somewhere", link);
  const os::TemporaryFolder held(folder.path());
  CHECK_FALSE(os::exists(left));
  CHECK(os::sweep_temporaries(folder.path()) == 0);
  CHECK(os::is_directory(held.path()));
  CHECK(entries(folder.path()) == 3);
}

TEST_CASE("files: a sweep spares what somebody knows a use for", "[os]") {
  const TempFolder folder;
  const std::string wanted = os::new_temporary_name();
  for (const std::string& name : {wanted, os::new_temporary_name()}) test::write(folder / name, "");
  CHECK(os::sweep_temporaries(folder.path(), [&](const std::string& name) { return name == wanted; }) == 1);
  CHECK(os::exists(folder / wanted));
}

TEST_CASE("repo files: the copy of a staged file stays, and is held as long as the file is", "[os]") {
  const TempFolder folder;
  const TempFolder other_disk("/dev/shm");
  for (const std::string& beside : {folder.path(), other_disk.path()}) {
    std::string copy;
    {
      os::StagedFile staged = RepoFiles(folder.path()).stage("in/file", 0644, os::Existing::replace);
      REQUIRE(staged.access() == Access::ok);
      staged.append("one ");
      staged.append("two");
      staged.sync();
      copy = staged.copy_to(beside);
      CHECK(os::sweep_temporaries(beside) == 0);
    }
    CHECK(entries(folder / "in") == 0);
    CHECK(slurp(os::path_join(beside, copy)) == "one two");
    CHECK(os::sweep_temporaries(beside) == 1);
  }
}

TEST_CASE("repo files: a link on the way or at the end is never followed", "[os]") {
  const TempFolder folder;
  test::write(folder / "outside/secret", "s");
  std::filesystem::create_directories(folder / "root/in");
  std::filesystem::create_symlink(folder / "outside", folder / "root/dir");
  std::filesystem::create_symlink(folder / "outside/secret", folder / "root/in/file");
  const RepoFiles files(folder / "root");
  CHECK(files.read("dir/secret").access == Access::symlink);
  CHECK(files.read("in/file").access == Access::symlink);
  CHECK(files.write_atomically("dir/new", "x", 0644) == Access::symlink);
  CHECK(files.write_atomically("in/file", "x", 0644) == Access::symlink);
  CHECK(files.create("dir/new", "x", 0644).access == Access::symlink);
  CHECK(files.list("dir").access == Access::symlink);
  CHECK(files.remove("dir/secret") == Access::symlink);
  CHECK(files.make_folder("dir/sub", 0755) == Access::symlink);
  CHECK(files.stat("in/file").type == os::FileType::symlink);
  CHECK(files.read_link("in/file").bytes == folder / "outside/secret");
  CHECK(slurp(folder / "outside/secret") == "s");
  CHECK(entries(folder / "outside") == 1);
}

TEST_CASE("repo files: paths that leave the root are refused", "[os]") {
  const TempFolder folder;
  test::write(folder / "root/a", "1");
  const RepoFiles files(folder / "root");
  const auto path =
      GENERATE(std::string(""), std::string("/etc/passwd"), std::string("../x"), std::string("a/../a"),
               std::string("./a"), std::string("a//b"), std::string("a\0b", 3));
  CHECK(files.read(path).access == Access::outside);
  CHECK(files.write_atomically(path, "x", 0644) == Access::outside);
}

TEST_CASE("repo files: folders, FIFOs and large files are told apart", "[os]") {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "d");
  ::mkfifo((folder / "fifo").c_str(), 0600);
  test::write(folder / "f", "12345");
  const RepoFiles files(folder.path());
  CHECK(files.read("d").access == Access::not_regular);
  CHECK(files.read("fifo").access == Access::not_regular);
  CHECK(files.read("f", 4).access == Access::too_large);
  CHECK(files.read("f", 5).bytes == "12345");
  CHECK(files.read("none").access == Access::absent);
  CHECK(files.read("none/x").access == Access::absent);
  CHECK(files.read("f/x").access == Access::not_regular);
  CHECK(files.write_atomically("fifo", "x", 0644) == Access::not_regular);
  CHECK(files.write_atomically("d", "x", 0644) == Access::not_regular);
  CHECK(files.read(std::string(300, 'n')).access == Access::absent);
}

TEST_CASE("repo files: writes make parents, removal drops empty ones", "[os]") {
  const TempFolder folder;
  const RepoFiles files(folder.path());
  CHECK(files.write_atomically("a/b/c", "1", 0644) == Access::ok);
  CHECK(files.write_atomically("a/b/c", "2", 0755) == Access::ok);
  CHECK(files.read("a/b/c").bytes == "2");
  CHECK(files.read("a/b/c").mode == 0755);
  CHECK_FALSE(files.create("a/b/c", "3", 0644).created);
  CHECK(files.create("a/d", "3", 0644).created);
  const auto list = files.list("a");
  REQUIRE(list.entries.size() == 2);
  CHECK(list.entries[0].name == "b");
  CHECK(list.entries[0].type == os::FileType::directory);
  CHECK(files.remove("a/b/c") == Access::ok);
  CHECK_FALSE(os::exists(folder / "a/b"));
  CHECK(os::exists(folder / "a/d"));
  CHECK(files.write_link("l", "a/d") == Access::ok);
  CHECK(files.read_link("l").bytes == "a/d");
  CHECK(files.list("").entries.size() == 2);
}
