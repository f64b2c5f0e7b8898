// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "app/workflow.hpp"
#include "base/error.hpp"
#include "support/catch.hpp"

using namespace striatum;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "striatum-test-XXXXXX").native();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

template <class Call>
Code refused(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::ok;
}

constexpr Instant kNow{1767225600};

}  // namespace

TEST_CASE("a new workflow folder is valid, drawn and planned") {
  const Folder folder;
  const std::string flow = (folder.path / "flows/first").native();
  const Json made = app::init_workflow(flow + "/./", domain::StarterStyle::review, kNow);
  CHECK(made["path"] == flow);
  CHECK(made["files"].size() == 6);
  for (const auto& name : made["files"]) CHECK(fs::is_regular_file(fs::path(flow) / name.get<std::string>()));
  const std::string file = made["workflow_path"];
  CHECK(app::validate_workflow(file, folder.path, true) ==
        Json{{"valid", true}, {"workflow_id", "first-starter"}});
  CHECK(app::plan_workflow(file, folder.path)["summary"]["claim_steps"] == 3);
  CHECK(app::graph_workflow(file, app::GraphFormat::dot)["format"] == "dot");
  CHECK(app::graph_workflow(file, app::GraphFormat::json)["graph"]["nodes"].size() == 3);
}

TEST_CASE("init refuses what exists and what is reserved, and leaves nothing behind") {
  const Folder folder;
  const auto init = [&](const fs::path& path) {
    return refused([&] { (void)app::init_workflow(path, domain::StarterStyle::minimal, kNow); });
  };
  fs::create_symlink("nowhere", folder.path / "dangling");
  std::ofstream(folder.path / "file").put('x');
  CHECK(init(folder.path) == Code::workflow);
  CHECK(init(folder.path / "dangling") == Code::workflow);
  CHECK(init(folder.path / "..") == Code::workflow);
  CHECK(init(folder.path / ".git/x") == Code::artifact);
  CHECK(init(folder.path / ".STRIATUM/x") == Code::artifact);
  CHECK(init(folder.path / "file/x") != Code::ok);
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 2);
}

TEST_CASE("a workflow file that cannot be read is an invalid workflow") {
  const Folder folder;
  const auto load = [&](const fs::path& path) {
    return refused([&] { (void)app::validate_workflow(path, "", false); });
  };
  CHECK(load(folder.path / "absent.json") == Code::workflow);
  CHECK(load(folder.path) == Code::workflow);
  std::ofstream(folder.path / "broken.json") << "{";
  CHECK(load(folder.path / "broken.json") == Code::workflow);
}
