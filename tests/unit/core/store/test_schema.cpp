// SPDX-License-Identifier: Apache-2.0
#include "store/schema.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/error.hpp"
#include "store/state.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;

namespace {

std::string kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.kind());
  }
  return {};
}

std::string state_file(const test::TempFolder& folder) { return folder.path() + "/state.sqlite3"; }

/// Every table, index and trigger as its definition reads, blanks and quotes aside.
std::set<std::string> definitions(store::Connection& db) {
  std::set<std::string> out;
  for (auto found = db.use("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"); found.step();) {
    std::string text = found.text(0);
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '"'; });
    out.insert(std::move(text));
  }
  return out;
}

/// A file of schema version 1 with one session and one artifact in it.
void make_first_version(const std::string& file) {
  std::ifstream sql(STRIATUM_TEST_DATA "/state_v1.sql");
  const std::string text{std::istreambuf_iterator<char>(sql), {}};
  std::ofstream(file).close();
  store::Connection db(file, store::Access::read_write);
  db.execute(text.c_str());
  db.execute("INSERT INTO workflow_snapshots VALUES ('snap', 'wf', '1', NULL, 'aa', '{}', 'then');"
             "INSERT INTO runs (run_id, workflow_snapshot_id, repo_root, state, created_at)"
             " VALUES ('run', 'snap', '/r', 'running', 'then');"
             "INSERT INTO sessions (session_id, run_id, role_id, lane_id, slug, ordinal, state, registered_at)"
             " VALUES ('ses', 'run', 'author', 'local', 'author-1', 1, 'active', 'then');"
             "INSERT INTO artifacts VALUES ('art', 'run', NULL, 'ses', 'main', 'patch', 'a.md', 'bb', 2, 'create', 'then');");
}

}  // namespace

TEST_CASE("a new state has the shared schema, private modes and nothing to migrate", "[store][schema]") {
  const test::TempFolder folder;
  store::create_state(state_file(folder));
  store::State state(folder.path(), "test");
  CHECK(state.db().integer("PRAGMA user_version") == 14);
  CHECK(state.db().text("SELECT value FROM schema_meta WHERE key = 'schema_version'") == "1");
  CHECK((std::filesystem::status(state_file(folder)).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("a file of the first version ends with the tables of a new one and keeps its rows", "[store][schema]") {
  const test::TempFolder old_folder;
  const test::TempFolder new_folder;
  make_first_version(state_file(old_folder));
  store::create_state(state_file(new_folder));
  store::State old_state(old_folder.path(), "test");
  store::State new_state(new_folder.path(), "test");
  CHECK(definitions(old_state.db()) == definitions(new_state.db()));
  CHECK(old_state.db().integer("SELECT count(*) FROM sessions WHERE session_id = 'ses'") == 1);
  CHECK(old_state.db().integer("SELECT size_bytes FROM artifacts WHERE artifact_id = 'art'") == 2);
  CHECK_FALSE(old_state.db().exists("SELECT 1 FROM pragma_foreign_key_check"));
}

TEST_CASE("an older file is upgraded in place and a copy is kept", "[store][schema]") {
  const test::TempFolder folder;
  store::create_state(state_file(folder));
  {
    store::Connection db(state_file(folder), store::Access::read_write);
    db.execute("ALTER TABLE runs DROP COLUMN paused_reason; DROP INDEX idx_runs_cross_repo_run_id;"
               "ALTER TABLE runs DROP COLUMN cross_repo_run_id; ALTER TABLE runs DROP COLUMN paused_at;"
               "ALTER TABLE sessions DROP COLUMN operator_label;"
               "ALTER TABLE process_supervisors DROP COLUMN pid_start_time;"
               "DROP TABLE process_supervisor_pointers; PRAGMA user_version=10;");
  }
  store::State state(folder.path(), "test");
  CHECK(state.db().integer("PRAGMA user_version") == 14);
  CHECK(state.db().integer("SELECT count(*) FROM pragma_table_info('runs') WHERE name = 'cross_repo_run_id'") == 1);
  CHECK(std::filesystem::exists(state_file(folder) + ".bak-v10"));
}

TEST_CASE("a newer file is refused and left alone", "[store][schema]") {
  const test::TempFolder folder;
  store::create_state(state_file(folder));
  { store::Connection(state_file(folder), store::Access::read_write).execute("PRAGMA user_version=15"); }
  CHECK(kind_of([&] { store::State(folder.path(), "test"); }) == "schema_too_new");
  CHECK(store::Connection(state_file(folder), store::Access::read_only).integer("PRAGMA user_version") == 15);
}

TEST_CASE("an interrupted creation is completed by the next command", "[store][schema]") {
  const test::TempFolder folder;
  std::ofstream(state_file(folder)).close();
  store::State state(folder.path(), "test");
  CHECK(state.db().integer("PRAGMA user_version") == 14);
}

TEST_CASE("what is no state is named as such and never replaced", "[store][schema]") {
  const test::TempFolder folder;
  CHECK(kind_of([&] { store::State(folder.path(), "test"); }) == "not_found");
  std::ofstream(state_file(folder)) << std::string(4096, 'x');
  CHECK(kind_of([&] { store::State(folder.path(), "test"); }) == "db_not_ours");
  CHECK(std::filesystem::file_size(state_file(folder)) == 4096);
}

TEST_CASE("rows of the log and of artifacts cannot be changed", "[store][schema]") {
  const test::TempFolder folder;
  store::create_state(state_file(folder));
  store::State state(folder.path(), "test");
  state.db().execute("INSERT INTO events (event_type, created_at) VALUES ('x', 't')");
  CHECK(kind_of([&] { state.db().execute("UPDATE events SET event_type = 'y'"); }) == "storage");
  CHECK(kind_of([&] { state.db().execute("DELETE FROM events"); }) == "storage");
}
