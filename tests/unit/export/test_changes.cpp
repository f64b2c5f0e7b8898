// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "base/error.hpp"
#include "base/json.hpp"
#include "export/changes.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"
#include "unit/export/sample_receipt.hpp"

using namespace striatum;
using namespace striatum::provenance;
using git::Mode;

namespace {

Changes sample_changes() {
  Changes out;
  out.edges = {
      {"a", Mode::none, Mode::regular, std::nullopt, test::sample_oid(1), {{sha256("f"), sha256("b"), 0, 3}}},
      {"b", Mode::regular, Mode::executable, test::sample_oid(1), test::sample_oid(1), {}},
      {"l", Mode::link, Mode::none, test::sample_oid(2), std::nullopt, {}}};
  out.cumulative_base = test::sample_oid(9);
  out.cumulative = {out.edges[0]};
  return out;
}

/// The hunks as the git program prints them.
std::vector<std::string> hunks_by_git(const test::TempRepo& repo, const std::string& a,
                                      const std::string& b) {
  const std::string text = repo.git({"-c", "diff.suppressBlankEmpty=false", "diff", "--text", "--no-ext-diff",
                                     "--no-textconv", "--no-color", "--diff-algorithm=myers",
                                     "--no-indent-heuristic", "-U3", "--inter-hunk-context=0", a, b}) +
                           '\n';
  std::vector<std::string> out;
  bool inside = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at) + 1;
    const std::string line = text.substr(at, end - at);
    at = end;
    if (line.substr(0, 3) == "@@ ") {
      out.emplace_back();
      inside = true;
    } else if (inside) {
      out.back() += line;
    }
  }
  return out;
}

std::string without_spaces(const std::string& hunk) {
  std::string out;
  std::size_t at = 0;
  while (at < hunk.size()) {
    const std::size_t end = hunk.find('\n', at) + 1;
    if (hunk[at] != ' ') out += hunk.substr(at, end - at);
    at = end;
  }
  return out;
}

}  // namespace

TEST_CASE("a changes file is canonical and read back") {
  const std::string bytes = encode(sample_changes());
  const auto parsed = parse_changes(bytes);
  INFO(parsed.problem());
  REQUIRE(parsed);
  CHECK(*parsed == sample_changes());
  CHECK_FALSE(parse_changes(bytes.substr(0, bytes.size() - 1)));
  CHECK_FALSE(parse_changes(bytes + "\n"));
  CHECK_FALSE(parse_changes(" " + bytes));
  CHECK_FALSE(parse_changes("{}\n"));
  CHECK_FALSE(parse_changes(""));
}

TEST_CASE("edges that cannot be are malformed") {
  const auto accepted = [](const Changes& changes) {
    return static_cast<bool>(parse_changes(encode(changes)));
  };
  Changes changes = sample_changes();
  REQUIRE(accepted(changes));
  SECTION("order") {
    std::swap(changes.edges[0], changes.edges[1]);
    CHECK_FALSE(accepted(changes));
  }
  SECTION("twice the same") {
    changes.edges.insert(changes.edges.begin(), changes.edges[0]);
    CHECK_FALSE(accepted(changes));
  }
  SECTION("a chain of one path, in edges only") {
    changes.edges.insert(changes.edges.begin() + 1,
                         {"a", Mode::regular, Mode::none, test::sample_oid(1), std::nullopt, {}});
    CHECK(accepted(changes));
    changes.cumulative.push_back(changes.edges[1]);
    CHECK_FALSE(accepted(changes));
  }
  SECTION("no difference") {
    changes.edges[1].mode_after = Mode::regular;
    CHECK_FALSE(accepted(changes));
  }
  SECTION("a mode without blob") {
    changes.edges[0].after.reset();
    CHECK_FALSE(accepted(changes));
  }
  SECTION("hunks of a link") {
    changes.edges[2].hunks = changes.edges[0].hunks;
    CHECK_FALSE(accepted(changes));
  }
  SECTION("paths") {
    for (const char* path : {"", "/a", "../a", "a/", ".provenance/striatum/trust/x"}) {
      changes.edges[0].path = path;
      CHECK_FALSE(accepted(changes));
    }
  }
  SECTION("unknown members and versions") {
    Json document = *parse_restricted_json(encode(changes));
    document["version"] = 2;
    CHECK_FALSE(parse_changes(to_canonical_utf8(document) + '\n'));
    document["version"] = 1;
    CHECK(parse_changes(to_canonical_utf8(document) + '\n'));
    document["more"] = 1;
    CHECK_FALSE(parse_changes(to_canonical_utf8(document) + '\n'));
    document.erase("more");
    document["edges"][0]["mode_after"] = "040000";
    CHECK_FALSE(parse_changes(to_canonical_utf8(document) + '\n'));
  }
}

TEST_CASE("hunk digests are those of git's own output") {
  test::TempRepo repo;
  // Neither the tree's attributes nor those of the clone may switch hunks off.
  repo.commit({{".gitattributes", "* binary -diff\n"}});
  test::write(repo / ".git/info/attributes", "* -diff\n");
  std::string numbers;
  for (int i = 0; i < 60; ++i) numbers += "line " + std::to_string(i) + '\n';
  std::string changed = numbers;
  changed.replace(changed.find("line 3\n"), 7, "line three\n");
  changed.replace(changed.find("line 40\n"), 8, "");
  changed += "no end";
  const std::vector<std::pair<std::string, std::string>> pairs{
      {numbers, changed}, {changed, numbers},       {"a", "b"},
      {"a\n", "a"},       {"x\r\ny\r\n", "x\ny\n"}, {"a\nb", "c\nb"}};
  for (const auto& [before, after] : pairs) {
    repo.commit({{"f", before}});
    const std::string first = repo.git({"rev-parse", "HEAD"});
    repo.commit({{"f", after}});
    const git::Repository repository = git::Repository::open(repo.path());
    const auto diff = repository.diff(repository.commit(*Oid::parse(first)).tree,
                                      repository.commit(*repository.resolve("HEAD")).tree);
    REQUIRE(diff.size() == 1);
    const HunkList ours = hunks_of(repository, diff[0]);
    const std::vector<std::string> theirs = hunks_by_git(repo, first + ":f", "HEAD:f");
    CHECK(ours.kind == ChangeKind::text);
    REQUIRE(ours.hunks.size() == theirs.size());
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      CHECK(ours.hunks[i].full == sha256(theirs[i]));
      CHECK(ours.hunks[i].bare == sha256(without_spaces(theirs[i])));
    }
  }
}

TEST_CASE("what has no hunks") {
  test::TempRepo repo;
  test::write(repo / "same", "text\n");
  repo.commit({{"binary", std::string("a\0b", 3)}, {"typed", "x\n"}});
  std::filesystem::permissions(repo / "same", std::filesystem::perms::owner_all);
  std::filesystem::remove(repo / "typed");
  std::filesystem::create_symlink("same", repo / "typed");
  repo.commit({{"binary", "plain\n"}, {"empty", ""}, {"new", "1\n2\n"}});
  const git::Repository repository = git::Repository::open(repo.path());
  const auto tree = [&](const char* name) { return repository.commit(*repository.resolve(name)).tree; };
  std::map<std::string, HunkList> found;
  for (const git::Change& change : repository.diff(tree("HEAD~1"), tree("HEAD"))) {
    found[change.path] = hunks_of(repository, change);
  }
  CHECK(found.at("same").kind == ChangeKind::mode);
  CHECK(found.at("binary").kind == ChangeKind::binary);
  CHECK(found.at("typed").kind == ChangeKind::symlink);
  CHECK(found.at("empty").kind == ChangeKind::text);
  CHECK(found.at("empty").hunks.empty());
  REQUIRE(found.at("new").hunks.size() == 1);
  CHECK(found.at("new").hunks[0].added == 2);
  CHECK(found.at("new").hunks[0].full == sha256("+1\n+2\n"));
}

TEST_CASE("cumulative holds a path only over this run's own chain") {
  test::TempRepo repo;
  const Oid branch_base = *Oid::parse(repo.commit({{"mine", "1\n"}, {"foreign", "1\n"}, {"later", "1\n"}}));
  const Oid first = *Oid::parse(repo.commit({{"mine", "2\n"}}));
  const Oid other = *Oid::parse(repo.commit({{"foreign", "2\n"}}));
  const Oid second = *Oid::parse(repo.commit({{"later", "2\n"}, {"foreign", "3\n"}}));
  const git::Repository repository = git::Repository::open(repo.path());
  const auto tree = [&](const Oid& id) { return repository.commit(id).tree; };

  ChangesRequest request{tree(branch_base), tree(first), branch_base, tree(branch_base), {"mine"}, {}};
  const Changes applied = build_changes(repository, request);
  REQUIRE(applied.edges.size() == 1);
  CHECK(applied.cumulative == applied.edges);

  request = {tree(other), tree(second), branch_base, tree(branch_base), {"later", "foreign"}, applied.edges};
  const Changes built = build_changes(repository, request);
  REQUIRE(built.edges.size() == 2);
  CHECK(built.edges[0].path == "foreign");
  REQUIRE(built.cumulative.size() == 2);
  CHECK(built.cumulative[0].path == "later");
  CHECK(built.cumulative[1].path == "mine");
  CHECK(parse_changes(encode(built)));
}

TEST_CASE("chains lead over edges in any order") {
  const Oid a = test::sample_oid(1), b = test::sample_oid(2), c = test::sample_oid(3);
  const Edge first{"p", Mode::regular, Mode::regular, a, b, {}};
  const Edge second{"p", Mode::regular, Mode::regular, b, c, {}};
  CHECK(chain_leads({second, first}, a, Mode::regular, c, Mode::regular));
  CHECK(chain_leads({}, a, Mode::regular, a, Mode::regular));
  CHECK_FALSE(chain_leads({first}, a, Mode::regular, c, Mode::regular));
  CHECK_FALSE(chain_leads({first, second}, a, Mode::regular, c, Mode::executable));
  CHECK_FALSE(chain_leads({first, second}, c, Mode::regular, a, Mode::regular));
}

TEST_CASE("a path that is not UTF-8 is refused") {
  test::TempRepo repo;
  const Oid base = *Oid::parse(repo.commit({{"a", "1"}}));
  const Oid result = *Oid::parse(repo.commit({{"b\xff", "1"}}));
  const git::Repository repository = git::Repository::open(repo.path());
  const auto tree = [&](const Oid& id) { return repository.commit(id).tree; };
  try {
    (void)build_changes(repository, {tree(base), tree(result), base, tree(base), {"b\xff"}, {}});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == Code::artifact);
  }
}
