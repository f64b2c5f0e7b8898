// SPDX-License-Identifier: Apache-2.0
// Small working models of what the program takes from outside.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/ports.hpp"
#include "cli/shell.hpp"

namespace striatum::test {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Instant now() override { return now_; }
  void advance(std::int64_t seconds) { now_ = now_ + Seconds{seconds}; }

 private:
  Instant now_{1'800'000'000};  // 2027-01-15T08:00:00Z
};

/// Counts: every id is another one and every run of a test the same.
class FakeRandom final : public Random {
 public:
  [[nodiscard]] std::string bytes(std::size_t count) override {
    std::string out(count, '\0');
    ++calls_;
    for (std::size_t i = 0; i < count && i < 8; ++i) out[count - 1 - i] = static_cast<char>(calls_ >> (8 * i));
    return out;
  }

 private:
  std::uint64_t calls_ = 0;
};

struct Reply {
  int code = 0;
  std::string out;
  std::string err;

  [[nodiscard]] Json envelope() const { return parse_json(out).value_or(Json()); }
  [[nodiscard]] Json data() const { return member(envelope(), "data"); }
  [[nodiscard]] std::string message() const { return text_member(member(envelope(), "error"), "message"); }
};

/// The whole program in this process, by one of its names, on one repository.
class Driver {
 public:
  explicit Driver(std::string repo, std::string program = "striatum") : repo_(std::move(repo)), program_(std::move(program)) {}

  /// Adds `--repo` in front and `--json` behind.
  Reply json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return plain(std::move(words));
  }

  Reply plain(std::vector<std::string> words) {
    Reply reply;
    cli::World world{clock, random,
                     [&](int stream, std::string_view bytes) { (stream == 1 ? reply.out : reply.err) += bytes; },
                     [&](const std::string& name) {
                       const auto found = environment.find(name);
                       return found == environment.end() ? std::nullopt : std::optional(found->second);
                     },
                     terminal, 80};
    std::vector<std::string> args{program_, "--repo", repo_};
    args.insert(args.end(), words.begin(), words.end());
    reply.code = cli::main_with(args, world);
    return reply;
  }

  FakeClock clock;
  FakeRandom random;
  std::map<std::string, std::string> environment;
  bool terminal = false;

 private:
  std::string repo_;
  std::string program_;
};

}  // namespace striatum::test
