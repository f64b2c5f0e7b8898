// SPDX-License-Identifier: Apache-2.0
#include "export/changes.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "export/paths.hpp"
#include "export/shape.hpp"

namespace striatum::provenance {
namespace {

using git::Mode;

constexpr std::size_t kMaxHunkedBlob = std::size_t{8} << 20;
constexpr std::int64_t kVersion = 1;

Json mode_json(Mode mode) { return mode == Mode::none ? Json() : Json(git::to_octal(mode)); }

Json blob_json(const std::optional<Oid>& blob) { return blob ? Json(blob->hex()) : Json(); }

Json to_json(const Edge& edge) {
  Json hunks = Json::array();
  for (const HunkDigest& hunk : edge.hunks) {
    hunks.push_back({{"full", hunk.full.hex()},
                     {"bare", hunk.bare.hex()},
                     {"removed", hunk.removed},
                     {"added", hunk.added}});
  }
  return {{"path", edge.path},
          {"mode_before", mode_json(edge.mode_before)},
          {"mode_after", mode_json(edge.mode_after)},
          {"before", blob_json(edge.before)},
          {"after", blob_json(edge.after)},
          {"hunks", std::move(hunks)}};
}

Json to_json(const std::vector<Edge>& edges) {
  Json out = Json::array();
  for (const Edge& edge : edges) out.push_back(to_json(edge));
  return out;
}

bool read_mode(const Json& value, Mode& mode) {
  if (value.is_null()) return true;
  const std::optional<Mode> parsed =
      value.is_string() ? git::parse_mode(value.get<std::string>()) : std::nullopt;
  if (!parsed || *parsed == Mode::none || *parsed == Mode::tree) return false;
  mode = *parsed;
  return true;
}

bool read_blob(const Json& value, std::optional<Oid>& blob) {
  if (value.is_null()) return true;
  blob = read_oid(value);
  return blob.has_value();
}

bool read_hunks(const Json& list, std::vector<HunkDigest>& hunks) {
  if (!list.is_array()) return false;
  for (const Json& item : list) {
    const auto full = read_digest(member(item, "full"));
    const auto bare = read_digest(member(item, "bare"));
    const auto removed = read_count(member(item, "removed"));
    const auto added = read_count(member(item, "added"));
    if (!full || !bare || !removed || !added) return false;
    hunks.push_back({*full, *bare, *removed, *added});
  }
  return true;
}

bool is_file_or_absent(Mode mode) {
  return mode == Mode::regular || mode == Mode::executable || mode == Mode::none;
}

bool read_edge(const Json& item, Edge& edge) {
  edge.path = text_member(item, "path");
  const bool read = read_mode(member(item, "mode_before"), edge.mode_before) &&
                    read_mode(member(item, "mode_after"), edge.mode_after) &&
                    read_blob(member(item, "before"), edge.before) &&
                    read_blob(member(item, "after"), edge.after) &&
                    read_hunks(member(item, "hunks"), edge.hunks);
  const bool sides =
      (edge.mode_before == Mode::none) == !edge.before && (edge.mode_after == Mode::none) == !edge.after;
  const bool differs = edge.before != edge.after || edge.mode_before != edge.mode_after;
  const bool hunks = may_have_hunks({"", edge.mode_before, edge.mode_after, edge.before, edge.after});
  return read && sides && differs && (hunks || edge.hunks.empty()) && is_judged_path(edge.path);
}

enum class Repeats { refused, as_chain };

/// Sorted by path; edges of one path, where allowed, each begin where the one before ends.
bool in_order(const Edge& first, const Edge& second, Repeats repeats) {
  if (first.path != second.path) return first.path < second.path;
  return repeats == Repeats::as_chain && first.after == second.before &&
         first.mode_after == second.mode_before;
}

bool read_edges(const Json& list, Repeats repeats, std::vector<Edge>& edges) {
  if (!list.is_array()) return false;
  for (const Json& item : list) {
    Edge edge;
    if (!read_edge(item, edge)) return false;
    if (!edges.empty() && !in_order(edges.back(), edge, repeats)) return false;
    edges.push_back(std::move(edge));
  }
  return true;
}

/// A path's content: mode and blob.
using State = std::pair<Mode, std::optional<Oid>>;

State state_at(const git::Repository& repository, const Oid& tree, const std::string& path) {
  const std::optional<git::TreeEntry> entry = repository.entry(tree, path);
  if (!entry || entry->mode == Mode::tree) return {Mode::none, std::nullopt};
  return {entry->mode, entry->id};
}

void require_utf8(const std::string& path) {
  if (valid_utf8(path)) return;
  refuse(Code::artifact, "path is not UTF-8 and cannot be vouched for: " + striatum::quote(path));
}

std::vector<Edge> cumulative_edges(const git::Repository& repository, const ChangesRequest& request) {
  std::map<std::string, std::vector<Edge>> earlier;
  for (const Edge& edge : request.earlier) earlier[edge.path].push_back(edge);
  const std::set<std::string> taken(request.paths.begin(), request.paths.end());
  std::vector<Edge> out;
  for (const git::Change& change : repository.diff(request.branch_base_tree, request.result_tree)) {
    const auto known = earlier.find(change.path);
    const bool ours = known != earlier.end() || taken.count(change.path) != 0;
    if (!ours || place_of(change.path) != Place::content) continue;
    const auto [mode, blob] = state_at(repository, request.base_tree, change.path);
    static const std::vector<Edge> kNone;
    if (!chain_leads(known == earlier.end() ? kNone : known->second, change.before, change.mode_before, blob,
                     mode)) {
      continue;
    }
    require_utf8(change.path);
    out.push_back(make_edge(repository, change));
  }
  return out;
}

void sort_by_path(std::vector<Edge>& edges) {
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.path < b.path; });
}

}  // namespace

std::string encode(const Changes& changes) {
  const Json document = {
      {"version", kVersion},
      {"edges", to_json(changes.edges)},
      {"cumulative",
       {{"base_commit", changes.cumulative_base.hex()}, {"edges", to_json(changes.cumulative)}}}};
  return to_canonical_utf8(document) + '\n';
}

Parsed<Changes> parse_changes(std::string_view bytes) {
  if (bytes.size() > kMaxChangesBytes) return Problem{"the changes file is larger than 8 MiB"};
  const std::optional<Json> document = parse_json(bytes);
  if (!document) return Problem{"the changes file is not JSON"};
  if (member(*document, "version") != kVersion) return Problem{"the changes file has an unknown version"};
  const Json& cumulative = member(*document, "cumulative");
  const std::optional<Oid> base = read_oid(member(cumulative, "base_commit"));
  Changes out;
  if (!base || !read_edges(member(*document, "edges"), Repeats::as_chain, out.edges) ||
      !read_edges(member(cumulative, "edges"), Repeats::refused, out.cumulative)) {
    return Problem{"an edge of the changes file is not well formed"};
  }
  out.cumulative_base = *base;
  // What is written again byte for byte has no duplicate, float, unknown member or other spelling.
  if (encode(out) != bytes) return Problem{"the changes file is not in its canonical form"};
  return out;
}

std::string_view to_text(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::text:
      return "text";
    case ChangeKind::binary:
      return "binary";
    case ChangeKind::mode:
      return "mode";
    case ChangeKind::symlink:
      return "symlink";
    case ChangeKind::pointer:
      break;
  }
  return "pointer";
}

bool is_text_blob(const git::Repository& repository, const Oid& blob) {
  constexpr std::size_t kBinaryProbe = 8000;  // git looks as far for a NUL
  if (repository.blob_size(blob) > kMaxHunkedBlob) return false;
  return repository.blob(blob).substr(0, kBinaryProbe).find('\0') == std::string::npos;
}

bool may_have_hunks(const git::Change& change) {
  return change.before != change.after && is_file_or_absent(change.mode_before) &&
         is_file_or_absent(change.mode_after);
}

HunkList hunks_of(const git::Repository& repository, const git::Change& change) {
  const auto either = [&](Mode mode) { return change.mode_before == mode || change.mode_after == mode; };
  if (either(Mode::pointer)) return {ChangeKind::pointer, {}, {}};
  if (either(Mode::link)) return {ChangeKind::symlink, {}, {}};
  if (change.before == change.after) return {ChangeKind::mode, {}, {}};
  const auto hunks = repository.text_hunks(change.before, change.after, kMaxHunkedBlob);
  if (!hunks) return {ChangeKind::binary, {}, {}};
  HunkList out;
  for (const git::Hunk& hunk : *hunks) {
    out.hunks.push_back({sha256(hunk.text), sha256(hunk.bare()), hunk.removed, hunk.added});
    out.lines.push_back(hunk.line);
  }
  return out;
}

Edge make_edge(const git::Repository& repository, const git::Change& change) {
  return {change.path,   change.mode_before, change.mode_after,
          change.before, change.after,       hunks_of(repository, change).hunks};
}

bool chain_leads(const std::vector<Edge>& edges, const std::optional<Oid>& before, Mode mode_before,
                 const std::optional<Oid>& after, Mode mode_after) {
  const State goal{mode_after, after};
  std::set<State> seen{{mode_before, before}};
  std::deque<State> queue(seen.begin(), seen.end());
  while (!queue.empty()) {
    const State at = queue.front();
    queue.pop_front();
    if (at == goal) return true;
    for (const Edge& edge : edges) {
      if (State{edge.mode_before, edge.before} != at) continue;
      const State next{edge.mode_after, edge.after};
      if (seen.insert(next).second) queue.push_back(next);
    }
  }
  return false;
}

Changes build_changes(const git::Repository& repository, const ChangesRequest& request) {
  Changes out;
  out.cumulative_base = request.branch_base;
  for (const std::string& path : request.paths) {
    require_utf8(path);
    const auto [mode_before, before] = state_at(repository, request.base_tree, path);
    const auto [mode_after, after] = state_at(repository, request.result_tree, path);
    out.edges.push_back(make_edge(repository, {path, mode_before, mode_after, before, after}));
  }
  out.cumulative = cumulative_edges(repository, request);
  sort_by_path(out.edges);
  sort_by_path(out.cumulative);
  return out;
}

}  // namespace striatum::provenance
