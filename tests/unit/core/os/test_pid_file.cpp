// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/files.hpp"
#include "os/pid_file.hpp"
#include "os/process.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::os;

namespace {

struct Place {
  TemporaryFolder folder{std::filesystem::temp_directory_path().string()};
  std::string path = path_join(folder.path(), "watch.pid");
  void hold(const std::string& text) const { std::ofstream(path) << text; }
};

}  // namespace

TEST_CASE("pid file: names this process and goes with its owner") {
  const Place place;
  {
    const auto claim = PidFile::claim(place.path);
    REQUIRE(claim.file);
    CHECK(*read_file(place.path) == std::to_string(::getpid()) + "\n");
  }
  CHECK_FALSE(exists(place.path));
}

TEST_CASE("pid file: one owner at a time") {
  const Place place;
  const auto first = PidFile::claim(place.path);
  const auto second = PidFile::claim(place.path);
  CHECK_FALSE(second.file);
  CHECK(second.holder == ::getpid());
}

TEST_CASE("pid file: what names no live process is taken over") {
  const Place place;
  for (const char* text : {"", "garbage", "4194304999\n", "-1\n"}) {
    place.hold(text);
    CHECK(PidFile::claim(place.path).file);
  }
}

TEST_CASE("pid file: a live process that wrote it without a lock refuses") {
  const Place place;
  place.hold("1\n");
  const auto claim = PidFile::claim(place.path);
  CHECK_FALSE(claim.file);
  CHECK(claim.holder == 1);
  CHECK(exists(place.path));
}

TEST_CASE("pid file: a pid that was given anew since is nobody") {
  const Place place;
  place.hold(std::to_string(::getppid()) + "\n");
  const timespec old[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, place.path.c_str(), old, 0);
  CHECK(PidFile::claim(place.path).file);
}

TEST_CASE("pid file: a link is not followed") {
  const Place place;
  std::filesystem::create_symlink("elsewhere", place.path);
  CHECK_THROWS(PidFile::claim(place.path));
}
