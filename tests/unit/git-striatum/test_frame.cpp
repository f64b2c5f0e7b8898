// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/columns.hpp"
#include "cli/frame.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::cli;

namespace {

using Lines = std::vector<std::string>;

Json payload() {
  const Json run{{"run_id", "run_1"}, {"state", "running"}, {"branch_name", nullptr}};
  const Json edge{{"from", "a"}, {"to", "b"}, {"on", "completed"}};
  const Json job{{"id", "a"}};
  const Json other{{"id", "b"}};
  Json status{{"runs", {run}},
              {"jobs", {{"running", 1}, {"stale_lease", 2}}},
              {"open_blockers", Json::array()},
              {"sessions", Json::array()},
              {"next_actions", {"claim_available_work"}},
              {"claimable_jobs", {{{"role_id", "author"}, {"lane_id", nullptr}, {"count", 2}, {"workflow_job_ids", {"a", "b"}}}}}};
  Json events = Json::array();
  for (int i = 0; i < 10; ++i) {
    events.push_back({{"event_type", "recovery.process_blocker_resolved"},
                      {"workflow_job_id", nullptr},
                      {"created_at", "2027-01-15T07:59:0" + std::to_string(i) + "Z"},
                      {"payload_json", R"({"b":[1,"x"],"a":null,"esc":"\u001b[2J"})"}});
  }
  return {{"run", run},
          {"status", status},
          {"events", events},
          {"verdict_counts", {{"accept", 3}}},
          {"posture_counts", {{"neutral", 9}, {"b", 1}, {"a", 1}, {"c", 2}, {"d", 1}}},
          {"updated_at", "2027-01-15T08:00:00Z"},
          {"workflow", {{"jobs", {job, other}}, {"edges", {edge}}}},
          {"node_states", {{"a", "running"}}}};
}

FrameOptions sized(std::size_t columns, std::size_t rows) {
  FrameOptions out;
  out.columns = columns;
  out.rows = rows;
  return out;
}

}  // namespace

TEST_CASE("frame: the layout of the contract") {
  const Lines lines = contract_frame(payload(), sized(80, 24));
  CHECK(lines[0] == "striatum dashboard - run run_1 - branch <unconfirmed> - state running");
  CHECK(lines[1] == "updated 2027-01-15T08:00:00Z   ctrl-c to quit");
  CHECK(lines[3] == "Jobs:                                   Verdicts:");
  CHECK(lines[7] == "  running        1                        reject               0");
  CHECK(lines[8] == "  waiting_human  0                        Postures: c=2, a=1, b=1, +1 more");
  CHECK(lines[11] == "  stale_lease    2                        human_checkpoint 0");
  CHECK(lines[15] == "  author/? x 2                            - claim_available_work");
  CHECK(lines[18] == "  07:59:00  recovery.process_bloc_  -                   a=None b=[1,\"x\"] esc=\\x_");
  CHECK(lines.size() == 28);
}

TEST_CASE("frame: the graph is drawn by itself where there is room") {
  const auto drawn = [](const Lines& lines) {
    return std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.rfind("Graph", 0) == 0; });
  };
  CHECK(drawn(contract_frame(payload(), sized(99, 40))) == 0);
  CHECK(drawn(contract_frame(payload(), sized(100, 29))) == 0);
  CHECK(drawn(contract_frame(payload(), sized(100, 30))) == 1);
  FrameOptions asked = sized(60, 8);
  asked.panel = FrameOptions::Panel::shown;
  CHECK(drawn(contract_frame(payload(), asked)) == 1);
  Json loose = payload();
  loose["workflow"]["edges"] = Json::array();
  CHECK(drawn(contract_frame(loose, asked)) == 0);
}

TEST_CASE("frame: seconds between frames as 1.24 writes them") {
  const auto shown = [](double seconds) {
    FrameOptions options = sized(80, 24);
    options.refresh = seconds;
    return contract_frame(payload(), options)[1];
  };
  CHECK(shown(2) == "updated 2027-01-15T08:00:00Z   refresh 2s   ctrl-c to quit");
  CHECK(shown(2.25) == "updated 2027-01-15T08:00:00Z   refresh 2.2s   ctrl-c to quit");
  CHECK(shown(0.05) == "updated 2027-01-15T08:00:00Z   refresh 0.1s   ctrl-c to quit");
}

TEST_CASE("frame: for people it fits, and ends in what to type") {
  Paper paper;
  paper.now = Instant{1'800'000'000};
  for (const std::size_t rows : {5U, 8U, 24U, 60U}) {
    FrameOptions options = sized(100, rows);
    options.panel = FrameOptions::Panel::shown;
    const Lines lines = people_frame(payload(), options, paper);
    CHECK(lines.size() <= rows);
    CHECK(lines.back().rfind("or:   git striatum register-session", 0) == 0);
    for (const std::string& line : lines) CHECK(columns_of(line) <= 100);
  }
}

TEST_CASE("frame: cutting leaves escape sequences whole and colours off") {
  CHECK(cut_painted("\x1b[31mgrößer\x1b[0m!", 20) == "\x1b[31mgrößer\x1b[0m!");
  CHECK(cut_painted("\x1b[31mgrößer\x1b[0m!", 3) == "\x1b[31mgrö\x1b[0m");
  CHECK(cut_painted("plain", 3) == "pla");
}
