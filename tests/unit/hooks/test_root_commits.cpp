// SPDX-License-Identifier: Apache-2.0
#include "hooks/root_commits.hpp"

#include "hooks/remembered_commits.hpp"
#include "os/files.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using namespace striatum::hooks;
using test::TempRepo;

namespace {

/// A repository in which a second history without an ancestor in common was merged.
struct Setting {
  TempRepo repo;
  Oid first = commit("1");
  Oid merged = merge_stranger();

  [[nodiscard]] Oid commit(const std::string& text) const { return *Oid::parse(repo.commit({{"f", text}}, text)); }
  [[nodiscard]] Oid merge_stranger() const {
    const std::string tree = repo.git({"rev-parse", "HEAD^{tree}"});
    const std::string stranger = repo.git({"commit-tree", "-m", "stranger", tree});
    repo.git({"merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "merge", stranger});
    return *Oid::parse(repo.git({"rev-parse", "HEAD"}));
  }
  [[nodiscard]] std::vector<Oid> found(const Oid& tip) const {
    const git::Places places = *git::discover(repo.path());
    return root_commits(places, git::Repository::open(places), tip);
  }
  [[nodiscard]] std::vector<Oid> there(const Oid& tip) const { return git::Repository::open(repo.path()).root_commits(tip); }
  [[nodiscard]] std::string file() const { return repo / ".git/striatum/root-commits"; }
  [[nodiscard]] std::string remembered() const { return os::read_file(file()).value_or(""); }
};

}  // namespace

TEST_CASE("root commits: what is remembered of an ancestor and what came since", "[hooks]") {
  const Setting s;
  CHECK(s.found(s.first) == std::vector<Oid>{s.first});
  CHECK(s.remembered() == s.first.hex() + " " + s.first.hex() + "\n");
  CHECK(s.found(s.merged).size() == 2);
  CHECK(s.found(s.merged) == s.there(s.merged));
  CHECK(s.remembered() == s.first.hex() + " " + s.first.hex() + "\n");
}

TEST_CASE("root commits: a tip far away is remembered beside the one before", "[hooks]") {
  const Setting s;
  (void)s.found(s.merged);
  const std::string before = s.remembered();
  for (std::size_t i = 0; i <= RememberedCommits::kFew; ++i) s.repo.git({"commit", "-q", "--allow-empty", "-m", "x"});
  const Oid tip = *Oid::parse(s.repo.git({"rev-parse", "HEAD"}));
  CHECK(s.found(tip) == s.there(tip));
  CHECK(s.remembered().starts_with(tip.hex()));
  CHECK(s.remembered().ends_with(before));
}

TEST_CASE("root commits: a file that says something else is not believed", "[hooks]") {
  const Setting s;
  const std::string absent(40, 'a');
  os::ensure_directory(s.repo / ".git/striatum", 0700);
  for (const std::string& line :
       {std::string("nonsense\n"), absent + " " + absent + "\n", s.first.hex() + "\n", s.first.hex() + " " + absent + "\n",
        s.first.hex() + " " + s.merged.hex() + "\n", s.first.hex() + " x\n"}) {
    os::write_atomically(s.file(), line, 0600);
    INFO(line);
    CHECK(s.found(s.merged) == s.there(s.merged));
  }
}
