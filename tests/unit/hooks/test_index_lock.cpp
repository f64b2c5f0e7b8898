// SPDX-License-Identifier: Apache-2.0
#include "hooks/index_lock.hpp"

#include <unistd.h>

#include "support/catch.hpp"
#include "support/temp_repo.hpp"

namespace striatum::hooks {
namespace {

using test::slurp;
using test::TempFolder;
using test::write;

constexpr std::chrono::milliseconds kMoment{60};

TEST_CASE("the lock is git's and goes with the object") {
  const TempFolder folder;
  const std::string lock = folder.path() + "/index.lock";
  {
    const auto held = IndexLock::acquire(folder.path(), kMoment);
    REQUIRE(held);
    CHECK(::access(lock.c_str(), F_OK) == 0);
    CHECK_FALSE(IndexLock::acquire(folder.path(), kMoment));
  }
  CHECK(::access(lock.c_str(), F_OK) != 0);
  CHECK(IndexLock::acquire(folder.path(), kMoment));
}

TEST_CASE("a lock of somebody else stays") {
  const TempFolder folder;
  write(folder.path() + "/index.lock", "theirs");
  CHECK_FALSE(IndexLock::acquire(folder.path(), kMoment));
  CHECK(slurp(folder.path() + "/index.lock") == "theirs");
}

TEST_CASE("a lock that a dead process of ours left is taken over") {
  const TempFolder folder;
  write(folder.path() + "/striatum-index-owner", "");
  REQUIRE(::link((folder.path() + "/striatum-index-owner").c_str(), (folder.path() + "/index.lock").c_str()) == 0);
  CHECK(IndexLock::acquire(folder.path(), kMoment));
}

}  // namespace
}  // namespace striatum::hooks
