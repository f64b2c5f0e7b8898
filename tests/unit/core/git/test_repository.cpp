// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using git::Repository;
using test::TempRepo;

namespace {

Oid oid(const std::string& hex) {
  const auto id = Oid::parse(hex);
  REQUIRE(id);
  return *id;
}

std::vector<std::string> hexes(const std::vector<Oid>& ids) {
  std::vector<std::string> result;
  for (const Oid& id : ids) result.push_back(id.hex());
  return result;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.kind());
  }
  return "";
}

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

 private:
  std::mt19937 engine_;
};

/// Text with few different lines, so that diffs have choices; sometimes with CR, without a last line break.
std::string random_text(Dice& dice) {
  static const std::vector<std::string> kLines{
      "a", "b", "", "    return x;", "}", "{", "\t", "c\r", "\\ No newline", "-x", "+y"};
  std::string text;
  const unsigned count = dice.below(30);
  for (unsigned i = 0; i < count; ++i)
    text += kLines[dice.below(static_cast<unsigned>(kLines.size()))] + "\n";
  if (!text.empty() && dice.below(3) == 0) text.pop_back();
  return text;
}

std::string changed_text(const std::string& text, Dice& dice) {
  auto lines = split(text, '\n');
  const unsigned edits = 1 + dice.below(4);
  for (unsigned i = 0; i < edits; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(dice.below(static_cast<unsigned>(lines.size())));
    switch (dice.below(3)) {
      case 0:
        lines.insert(lines.begin() + at, "new");
        break;
      case 1:
        lines[static_cast<std::size_t>(at)] = "other";
        break;
      default:
        if (lines.size() > 1) lines.erase(lines.begin() + at);
    }
  }
  return join(lines, "\n");
}

/// The hunks of git's own output: what follows each `@@` line.
std::vector<std::string> git_hunks(const TempRepo& repo, const std::string& before,
                                   const std::string& after) {
  const std::string a = repo.git({"hash-object", "-w", "--stdin"}, before);
  const std::string b = repo.git({"hash-object", "-w", "--stdin"}, after);
  const std::string out =
      repo.try_git({"diff", "--text", "--no-ext-diff", "--no-textconv", "--no-color",
                    "--diff-algorithm=myers", "--no-indent-heuristic", "-U3", "--inter-hunk-context=0", a, b})
          .out;
  std::vector<std::string> result;
  std::size_t at = 0;
  while (at < out.size()) {
    const std::size_t end = out.find('\n', at) + 1;
    const std::string line = out.substr(at, end - at);
    if (line.starts_with("@@ ")) {
      result.emplace_back();
    } else if (!result.empty()) {
      result.back() += line;
    }
    at = end;
  }
  return result;
}

std::vector<std::string> our_hunks(const std::string& before, const std::string& after) {
  std::vector<std::string> result;
  for (const auto& hunk : git::hunks(before, after)) result.push_back(hunk.text);
  return result;
}

}  // namespace

TEST_CASE("hunks: the bytes are those that git prints", "[git]") {
  const TempRepo repo;
  Dice dice(7);
  for (int i = 0; i < 250; ++i) {
    const std::string before = random_text(dice);
    const std::string after = dice.below(3) == 0 ? random_text(dice) : changed_text(before, dice);
    INFO("pair " << i << "\n" << before << "\n=====\n" << after);
    REQUIRE(our_hunks(before, after) == git_hunks(repo, before, after));
  }
}

TEST_CASE("hunks: binary and empty sides too", "[git]") {
  const TempRepo repo;
  const std::string binary("a\0b\nc\n", 6);
  const std::string other("a\0b\nd", 5);
  CHECK(our_hunks(binary, other) == git_hunks(repo, binary, other));
  CHECK(our_hunks("", "x\n") == git_hunks(repo, "", "x\n"));
  CHECK(our_hunks("x", "") == git_hunks(repo, "x", ""));
  CHECK(our_hunks("x\n", "x\n").empty());
}

TEST_CASE("hunks: counts, and the form without context", "[git]") {
  const auto all = git::hunks("1\n2\n3\n4", "1\nzwei\n3\n4");
  REQUIRE(all.size() == 1);
  CHECK(all[0].text == " 1\n-2\n+zwei\n 3\n 4\n\\ No newline at end of file\n");
  CHECK(all[0].bare() == "-2\n+zwei\n\\ No newline at end of file\n");
  CHECK(all[0].removed == 1);
  CHECK(all[0].added == 1);
}

TEST_CASE("modes: six octal digits and back", "[git]") {
  CHECK(git::to_octal(git::Mode::executable) == "100755");
  CHECK(git::to_octal(git::Mode::none) == "000000");
  CHECK(git::to_octal(git::Mode::tree) == "040000");
  CHECK(git::parse_mode("160000") == git::Mode::pointer);
  CHECK_FALSE(git::parse_mode("100664"));
  CHECK(git::hash_blob("hello\n").hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(git::hash_object("tree", "") == empty_tree_oid());
}

TEST_CASE("repository: HEAD on a branch, unborn and detached", "[git]") {
  const TempRepo repo;
  {
    const auto head = Repository::open(repo.path()).head();
    CHECK(head.branch() == "main");
    CHECK(head.unborn());
  }
  const std::string id = repo.commit({{"f", "1"}});
  const Repository opened = Repository::open(repo.path());
  CHECK(opened.head().commit->hex() == id);
  CHECK(opened.head().ref == "refs/heads/main");
  repo.git({"checkout", "-q", "--detach"});
  CHECK(opened.head().detached());
  CHECK(opened.head().commit->hex() == id);
  CHECK(opened.resolve("main")->hex() == id);
  CHECK(opened.resolve(id.substr(0, 8))->hex() == id);
  CHECK_FALSE(opened.resolve("none"));
  CHECK_FALSE(opened.ref("refs/heads/none"));
  CHECK(opened.abbreviate(oid(id)) == id.substr(0, 7));
}

TEST_CASE("repository: a commit as it was hashed", "[git]") {
  const TempRepo repo;
  const std::string first = repo.commit({{"f", "1"}});
  const std::string second = repo.commit({{"f", "2"}}, "subject\n\nbody");
  const Repository opened = Repository::open(repo.path());
  const auto commit = opened.commit(oid(second));
  CHECK(hexes(commit.parents) == std::vector<std::string>{first});
  CHECK(commit.tree.hex() == repo.git({"rev-parse", "HEAD^{tree}"}));
  CHECK(commit.message == "subject\n\nbody\n");
  CHECK(commit.author == "A <a@example.org>");
  CHECK(commit.committer == "C <c@example.org>");
  CHECK(commit.committer_time.unix_seconds == 1'700'000'000);
  CHECK(commit.raw == repo.git({"cat-file", "commit", second}) + "\n");
  CHECK_FALSE(commit.signature());
  CHECK(commit.signed_bytes() == commit.raw);
}

TEST_CASE("repository: a signed commit is what git's verifier sees", "[git]") {
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  const std::string key = repo.beside("key");
  os::Command keygen;
  keygen.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key};
  REQUIRE(os::run(keygen).ok());
  repo.git({"-c", "gpg.format=ssh", "-c", "user.signingkey=" + key, "commit", "-q", "--allow-empty", "-S",
            "-m", "s"});
  const auto commit = Repository::open(repo.path()).commit(oid(repo.git({"rev-parse", "HEAD"})));
  REQUIRE(commit.signature());
  CHECK(commit.signature()->starts_with("-----BEGIN SSH SIGNATURE-----\n"));
  CHECK(commit.signature()->ends_with("-----END SSH SIGNATURE-----\n"));
  test::write(repo.beside("sig"), *commit.signature());
  os::Command check;
  check.argv = {"ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", repo.beside("sig")};
  check.input = commit.signed_bytes();
  CHECK(os::run(check).ok());
}

TEST_CASE("repository: trees, entries and blobs", "[git]") {
  const TempRepo repo;
  std::filesystem::create_symlink("f", repo / "link");
  repo.commit({{"f", "1"}, {"d/e/g", "22"}});
  const Repository opened = Repository::open(repo.path());
  const Oid root = oid(repo.git({"rev-parse", "HEAD^{tree}"}));
  CHECK(opened.tree(root).size() == 3);
  const auto deep = opened.entry(root, "d/e/g");
  REQUIRE(deep);
  CHECK(deep->mode == git::Mode::regular);
  CHECK(opened.blob(deep->id) == "22");
  CHECK(opened.blob_size(deep->id) == 2);
  CHECK(kind_of([&] { (void)opened.blob(deep->id, 1); }) == "too_large");
  CHECK(opened.entry(root, "link")->mode == git::Mode::link);
  CHECK(opened.entry(root, "d")->mode == git::Mode::tree);
  CHECK_FALSE(opened.entry(root, "d/none"));
  CHECK_FALSE(opened.entry(root, "f/x"));
  CHECK_FALSE(opened.entry(root, ""));
  const auto below = opened.entries_below(root, "d");
  REQUIRE(below.size() == 1);
  CHECK(below[0].name == "d/e/g");
  CHECK(opened.entries_below(root, "").size() == 3);
  CHECK(kind_of([&] { (void)opened.blob(Oid{}); }) == git::kMissingObject);
  CHECK(kind_of([&] { (void)opened.blob(root); }) == "malformed_object");
}

TEST_CASE("repository: the diff of random trees is git's", "[git]") {
  const TempRepo repo;
  Dice dice(11);
  std::vector<std::string> trees;
  for (int i = 0; i < 12; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(repo.path())) {
      if (entry.path().filename() != ".git") std::filesystem::remove_all(entry.path());
    }
    const unsigned count = dice.below(12);
    for (unsigned n = 0; n < count; ++n) {
      const std::string stem(1, static_cast<char>('a' + dice.below(4)));
      const auto forms = std::vector<std::string>{stem, stem + ".c", stem + "/x", stem + "/y/z", stem + "-"};
      const std::string path = repo / forms[dice.below(5)];
      std::error_code error;
      std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
      if (error || std::filesystem::is_directory(path)) continue;
      std::filesystem::remove(path);
      if (dice.below(5) == 0) {
        std::filesystem::create_symlink("t", path);
      } else {
        std::ofstream(path) << dice.below(3);
        if (dice.below(4) == 0) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
      }
    }
    repo.git({"add", "-A"});
    trees.push_back(repo.git({"write-tree"}));
  }
  const Repository opened = Repository::open(repo.path());
  for (const auto& a : trees) {
    for (const auto& b : trees) {
      auto expected = git::parse_raw_diff(
          repo.try_git({"diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", a, b}).out);
      std::sort(expected.begin(), expected.end(),
                [](const auto& x, const auto& y) { return x.path < y.path; });
      INFO(a << " " << b);
      REQUIRE(opened.diff(oid(a), oid(b)) == expected);
    }
  }
  CHECK(opened.diff(std::nullopt, oid(trees[0])).size() == opened.entries_below(oid(trees[0]), "").size());
}

TEST_CASE("repository: a submodule pointer is a row of mode 160000", "[git]") {
  const TempRepo repo;
  const std::string first = repo.commit({{"f", "1"}});
  repo.git({"update-index", "--add", "--cacheinfo", "160000," + first + ",sub"});
  const std::string tree = repo.git({"write-tree"});
  const Repository opened = Repository::open(repo.path());
  const auto changes = opened.diff(opened.commit(oid(first)).tree, oid(tree));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].mode_after == git::Mode::pointer);
  CHECK(changes[0].after->hex() == first);
  CHECK_FALSE(changes[0].before);
}

namespace {

/// A random history with merges; returns all commit ids, oldest first.
std::vector<std::string> random_history(const TempRepo& repo, Dice& dice, int count) {
  const std::string tree = repo.git({"write-tree"});
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    std::set<std::string> parents;
    const unsigned wanted = ids.empty() || dice.below(15) == 0 ? 0 : 1 + dice.below(3) / 2;
    const auto size = static_cast<unsigned>(ids.size());
    while (parents.size() < std::min(wanted, size))
      parents.insert(ids[size - 1 - dice.below(std::min(size, 6U))]);
    std::vector<std::string> args{"commit-tree", "-m", std::to_string(i), tree};
    for (const auto& parent : parents) args.insert(args.end(), {"-p", parent});
    ids.push_back(repo.git(args));
  }
  repo.git({"update-ref", "refs/heads/main", ids.back()});
  return ids;
}

void check_parents_first(const Repository& repository, const std::vector<Oid>& order) {
  std::map<Oid, std::size_t> position;
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  for (const Oid& id : order) {
    for (const Oid& parent : repository.commit(id).parents) {
      if (position.contains(parent)) CHECK(position[parent] < position[id]);
    }
  }
}

}  // namespace

TEST_CASE("repository: walks, ancestors and merge bases agree with git", "[git]") {
  const TempRepo repo;
  Dice dice(GENERATE(1U, 2U, 3U));
  const auto ids = random_history(repo, dice, 40);
  const Repository opened = Repository::open(repo.path());
  for (int i = 0; i < 25; ++i) {
    const std::string& a = ids[dice.below(40)];
    const std::string& b = ids[dice.below(40)];
    INFO(a << " " << b);
    CHECK(opened.is_ancestor(oid(a), oid(b)) == repo.try_git({"merge-base", "--is-ancestor", a, b}).ok());
    auto expected = split(trim(repo.try_git({"merge-base", "--all", a, b}).out), '\n');
    if (expected == std::vector<std::string>{""}) expected.clear();
    CHECK(hexes(opened.merge_bases(oid(a), oid(b))) == sorted(expected));
    auto range = split(trim(repo.git({"rev-list", a + ".." + b})), '\n');
    if (range == std::vector<std::string>{""}) range.clear();
    const auto walked = opened.walk({oid(b)}, {oid(a)});
    CHECK(sorted(hexes(walked)) == sorted(range));
    check_parents_first(opened, walked);
    CHECK(hexes(opened.root_commits(oid(b))) ==
          sorted(split(repo.git({"rev-list", "--max-parents=0", b}), '\n')));
  }
}

TEST_CASE("repository: a shallow clone ends at its cut", "[git]") {
  const TempRepo repo;
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(repo.commit({{"f", std::to_string(i)}}, std::to_string(i)));
  repo.git({"clone", "-q", "--depth", "3", "file://" + repo.path(), repo.beside("shallow")});
  const Repository opened = Repository::open(repo.beside("shallow"));
  CHECK(opened.shallow());
  CHECK(hexes(opened.shallow_roots()) == std::vector<std::string>{ids[3]});
  CHECK(hexes(opened.walk({oid(ids[5])}, {})) == std::vector<std::string>{ids[3], ids[4], ids[5]});
  CHECK(hexes(opened.walk({oid(ids[5])}, {oid(ids[4])})) == std::vector<std::string>{ids[5]});
  CHECK(opened.is_ancestor(oid(ids[3]), oid(ids[5])));
  CHECK(hexes(opened.merge_bases(oid(ids[4]), oid(ids[5]))) == std::vector<std::string>{ids[4]});
  CHECK(opened.root_commits(oid(ids[5])).empty());
  CHECK_FALSE(opened.has(oid(ids[2])));
  CHECK(kind_of([&] { (void)opened.commit(oid(ids[2])); }) == git::kMissingObject);
}

TEST_CASE("repository: a partial clone opens, its missing blobs are told apart", "[git]") {
  const TempRepo repo;
  repo.commit({{"f", "old"}});
  const std::string old_blob = repo.git({"rev-parse", "HEAD:f"});
  repo.commit({{"f", "new"}});
  repo.git({"config", "uploadpack.allowFilter", "true"});
  repo.git({"clone", "-q", "--filter=blob:none", "file://" + repo.path(), repo.beside("partial")});
  const Repository opened = Repository::open(repo.beside("partial"));
  CHECK(opened.head().commit);
  CHECK(kind_of([&] { (void)opened.blob(oid(old_blob)); }) == git::kMissingObject);
}

TEST_CASE("repository: SHA-256 names are refused with a plain message", "[git]") {
  const TempRepo repo({"--object-format=sha256"});
  std::string message;
  try {
    (void)Repository::open(repo.path());
  } catch (const Error& error) {
    CHECK(error.kind() == "unsupported_repository");
    message = error.message();
  }
  CHECK(message.find("SHA-256") != std::string::npos);
}

TEST_CASE("repository: worktree configuration does not keep it from opening", "[git]") {
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  repo.git({"config", "extensions.worktreeConfig", "true"});
  repo.git({"worktree", "add", "-q", "--detach", repo.beside("w")});
  repo.git({"-C", repo.beside("w"), "config", "--worktree", "striatum.x", "1"});
  const Repository opened = Repository::open(repo.beside("w"));
  CHECK(opened.head().detached());
  CHECK(opened.work_tree() == repo.beside("w"));
  CHECK(opened.common_dir() == repo / ".git");
}

TEST_CASE("repository: three-way merges of blobs", "[git]") {
  const TempRepo repo;
  const auto store = [&](const std::string& text) {
    return oid(repo.git({"hash-object", "-w", "--stdin"}, text));
  };
  const Oid base = store("1\n2\n3\n4\n5\n6\n7\n8\n");
  const Oid ours = store("eins\n2\n3\n4\n5\n6\n7\n8\n");
  const Oid theirs = store("1\n2\n3\n4\n5\n6\n7\nacht\n");
  const Repository opened = Repository::open(repo.path());
  CHECK(opened.merge_blobs(base, ours, theirs) == "eins\n2\n3\n4\n5\n6\n7\nacht\n");
  CHECK_FALSE(opened.merge_blobs(base, ours, store("uno\n2\n3\n4\n5\n6\n7\n8\n")));
  CHECK_FALSE(opened.merge_blobs(base, ours, store(std::string("\0x", 2))));
}

TEST_CASE("content tree: records leave, trust stays, empty folders go", "[git]") {
  const TempRepo repo;
  repo.commit({{"f", "1"}});
  const Repository opened = Repository::open(repo.path());
  const auto tree = [&] { return oid(repo.git({"rev-parse", "HEAD^{tree}"})); };
  const Oid plain = tree();
  CHECK(opened.content_tree(plain) == plain);

  const std::string home = ".provenance/striatum/";
  repo.commit({{home + "receipts/aa/x", "r"}, {home + "changes/bb/y", "c"}});
  CHECK(opened.content_tree(tree()) == plain);

  repo.commit({{home + "trust/policy.json", "{}"},
               {home + ".gitattributes", "*"},
               {home + "reviews/cc/z", "r"},
               {home + "evidence/run/e", "e"},
               {".provenance/other/receipts/q", "q"},
               {"receipts/own", "o"}});
  const Oid with_records = tree();
  repo.git({"rm", "-rq", home + "receipts", home + "changes", home + "evidence", home + "reviews"});
  const Oid expected = oid(repo.git({"write-tree"}));
  CHECK(with_records != expected);
  CHECK(opened.content_tree(with_records) == expected);

  repo.git({"read-tree", "--empty"});
  const std::string blob = repo.git({"hash-object", "-w", "--stdin"}, "r");
  repo.git({"update-index", "--add", "--cacheinfo", "100644," + blob + "," + home + "receipts/aa/x"});
  CHECK(opened.content_tree(oid(repo.git({"write-tree"}))) == empty_tree_oid());
}
