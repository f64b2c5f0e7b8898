// SPDX-License-Identifier: Apache-2.0
#include "store/chain.hpp"

#include "store/schema.hpp"
#include "store/state.hpp"
#include "support/catch.hpp"
#include "support/fakes.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;

namespace {

struct Log {
  Log() : state(make(folder)) {}

  static store::State make(const test::TempFolder& folder) {
    store::create_state(folder.path() + "/state.sqlite3");
    return store::State(folder.path(), "test");
  }

  void ours(const std::string& type) {
    store::WriteUnit unit(state, Instant{1'800'000'000}, random);
    Event event{type, RunId()};
    event.run.reset();
    event.payload = {{"n", 1}};
    unit.event(event);
    unit.commit();
  }

  /// An event of a program that knows nothing of the chain.
  void foreign(const std::string& type) {
    state.db().run("INSERT INTO events (event_type, payload_json, created_at) VALUES (?1, '{}', '2027-01-15T08:00:00Z')",
                   type);
  }

  /// What a hand that edits the file does: the guards of the table are in the way, so they go.
  void tamper(const char* sql) {
    state.db().execute("DROP TRIGGER IF EXISTS events_no_update; DROP TRIGGER IF EXISTS events_no_delete;");
    state.db().execute(sql);
  }

  test::TempFolder folder;
  test::FakeRandom random;
  store::State state;
};

}  // namespace

TEST_CASE("every event of ours gets the next link", "[store][chain]") {
  Log log;
  log.ours("a");
  log.ours("b");
  const auto report = store::verify_chain(log.state.db());
  CHECK(report.ok);
  CHECK(report.first == 1);
  CHECK(report.last == 2);
  CHECK(report.adopted == 0);
  CHECK(report.head == store::chain_head(log.state.db()).head.hex());
}

TEST_CASE("events of another program are adopted as one range by the next write", "[store][chain]") {
  Log log;
  log.foreign("x");
  log.foreign("y");
  log.ours("a");
  const auto report = store::verify_chain(log.state.db());
  CHECK(report.ok);
  CHECK(report.last == 2);
  CHECK(report.adopted == 1);
}

TEST_CASE("events that nobody adopted yet are no damage", "[store][chain]") {
  Log log;
  log.ours("a");
  log.foreign("x");
  CHECK(store::verify_chain(log.state.db()).ok);
}

TEST_CASE("each way of changing the past names the first bad link", "[store][chain]") {
  Log log;
  log.ours("a");
  log.foreign("x");
  log.foreign("y");
  log.ours("b");
  log.ours("c");
  struct Case {
    const char* sql;
    std::int64_t bad;
  };
  const Case change = GENERATE(Case{"UPDATE events SET payload_json = '{\"n\":2}' WHERE event_type = 'a'", 1},
                               Case{"UPDATE events SET event_type = 'z' WHERE event_type = 'b'", 3},
                               Case{"DELETE FROM events WHERE event_type = 'x'", 2},
                               Case{"UPDATE events SET created_at = '2027-01-15T08:00:01Z' WHERE event_type = 'y'", 2},
                               Case{"DELETE FROM events WHERE event_type = 'c'", 4},
                               Case{"DELETE FROM gs_event_chain WHERE seq = 3", 3},
                               Case{"UPDATE gs_event_chain SET salt = zeroblob(32) WHERE seq = 1", 1},
                               Case{"UPDATE gs_meta SET value = 'other' WHERE key = 'store_id'", 1});
  INFO(change.sql);
  log.tamper(change.sql);
  const auto report = store::verify_chain(log.state.db());
  CHECK_FALSE(report.ok);
  CHECK(report.bad_seq == change.bad);
  CHECK(report.reason);
}

TEST_CASE("a clock set back does not make the log's times go back", "[store][chain]") {
  Log log;
  log.ours("a");
  {
    store::WriteUnit unit(log.state, Instant{1'700'000'000}, log.random);
    Event event{"b", RunId()};
    event.run.reset();
    unit.event(event);
    unit.commit();
  }
  CHECK(log.state.db().text("SELECT created_at FROM events ORDER BY event_id DESC LIMIT 1") == "2027-01-15T08:00:00Z");
}

TEST_CASE("a unit that is not committed leaves nothing", "[store]") {
  Log log;
  {
    store::WriteUnit unit(log.state, Instant{1'800'000'000}, log.random);
    Event event{"a", RunId()};
    event.run.reset();
    unit.event(event);
  }
  CHECK(log.state.db().integer("SELECT count(*) FROM events") == 0);
  CHECK(log.state.db().integer("SELECT count(*) FROM gs_event_chain") == 0);
}
