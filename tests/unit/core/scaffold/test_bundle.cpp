// SPDX-License-Identifier: Apache-2.0
#include "scaffold/bundle.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "scaffold/profiles.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using namespace striatum::scaffold;

namespace {

constexpr Instant kNow{1767225600};

struct Guide {
  test::TempFolder folder;
  const Values marks = values("striatum", "", "");

  [[nodiscard]] Bundle bundle() const { return skill_bundle("generic", {folder.path(), Scope::project, ""}); }
  [[nodiscard]] std::string file() const { return folder / "STRIATUM_AGENT_GUIDE.md"; }

  std::string install(Force force = Force::no) {
    Installation plan(bundle(), marks, force);
    plan.write(kNow);
    return plan.report(DryRun::no)["files"][0]["status"];
  }
};

}  // namespace

TEST_CASE("install: written, unchanged, kept when edited, taken by force") {
  Guide guide;
  CHECK(guide.install() == "written");
  const std::string text = test::slurp(guide.file());
  CHECK(guide.install() == "skipped_unchanged");
  test::write(guide.file(), "mine");
  CHECK(guide.install() == "refused_modified");
  CHECK(test::slurp(guide.file()) == "mine");
  CHECK(guide.install(Force::yes) == "written");
  CHECK(test::slurp(guide.file()) == text);
}

TEST_CASE("install: planning writes nothing, not even the root") {
  Guide guide;
  Bundle bundle = guide.bundle();
  bundle.root = guide.folder / "new";
  const Installation plan(bundle, guide.marks, Force::no);
  CHECK(plan.report(DryRun::yes)["files"][0]["status"] == "dry_run");
  CHECK_FALSE(std::filesystem::exists(bundle.root));
}

TEST_CASE("install: a link in the way is refused with code 6 and what it leads to stays") {
  Guide guide;
  test::write(guide.folder / "victim", "v");
  REQUIRE(::symlink("victim", guide.file().c_str()) == 0);
  try {
    (void)Installation(guide.bundle(), guide.marks, Force::yes);
    FAIL("went through");
  } catch (const Error& error) {
    CHECK(error.code() == Code::artifact);
  }
  CHECK(test::slurp(guide.folder / "victim") == "v");
}

TEST_CASE("manifest: another schema, no JSON, no list of files") {
  Guide guide;
  const os::RepoFiles files(guide.folder.path());
  const auto read = [&](const std::string& text) {
    test::write(guide.folder / "m.json", text);
    return read_manifest(files, "m.json", "s");
  };
  CHECK_FALSE(read_manifest(files, "m.json", "s"));
  CHECK_FALSE(read("\xff"));
  CHECK_FALSE(read(R"({"schema_version":"t"})"));
  CHECK(read(R"({"schema_version":"s","files":[1,{"path":""}]})")->files.empty());
  CHECK(read(R"({"schema_version":"s","files":[{"path":"a","sha256":"b"}]})")->find("a")->sha256 == "b");
}

TEST_CASE("uninstall: refusals are decided before anything is removed") {
  test::TempFolder folder;
  const Placement place{folder.path(), Scope::project, "striatum"};
  Installation(plugin_bundle("gemini", place), values("striatum", "striatum", "striatum-"), Force::no).write(kNow);
  const std::string root = folder / ".striatum/plugins/gemini";
  test::write(root + "/README.md", "mine");
  const Bundle bundle = plugin_bundle("gemini", place);
  CHECK(uninstall(bundle, Force::no)["status"] == "refused");
  CHECK(std::filesystem::exists(root + "/GEMINI.md"));
  CHECK(uninstall(bundle, Force::yes)["removed"].size() == 14);
  CHECK_FALSE(std::filesystem::exists(root));
  CHECK(uninstall(bundle, Force::no)["status"] == "not_installed");
}
