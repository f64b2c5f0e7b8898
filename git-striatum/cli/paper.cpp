// SPDX-License-Identifier: Apache-2.0
#include "cli/paper.hpp"

#include <algorithm>
#include <map>

#include "base/columns.hpp"
#include "cli/shell.hpp"

namespace striatum::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrow = 10;

const char* colour_of(const std::string& state) {
  static const std::map<std::string, const char*, std::less<>> kColours{
      {"completed", "32"},   {"running", "34"},  {"claimed", "34"},       {"active", "34"},
      {"blocked", "33"},     {"ready", "33"},    {"stale_lease", "33"},   {"waiting_human", "33"},
      {"failed", "31"},      {"canceled", "31"}, {"skipped", "31"},       {"needs_branch_confirmation", "33"},
      {"needs_revision", "33"}, {"reject", "31"}, {"accept", "32"},       {"accept_with_findings", "32"},
      {"exact", "32"},       {"carried", "32"},  {"human", "32"},         {"adapted", "33"},
      {"proposed", "33"},    {"uncovered", "31"},
  };
  const auto found = kColours.find(state);
  return found == kColours.end() ? nullptr : found->second;
}

using Row = std::vector<std::string>;

std::vector<std::size_t> wanted_widths(const std::vector<Title>& titles, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Title& title : titles) widths.push_back(title.text.size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  return widths;
}

/// The column to take the next character from: the widest elastic one, else the last.
std::size_t to_cut(const std::vector<Title>& titles, const std::vector<std::size_t>& widths) {
  std::size_t widest = widths.size() - 1;
  bool found = false;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (!titles[i].elastic || widths[i] <= kNarrow || (found && widths[i] <= widths[widest])) continue;
    widest = i;
    found = true;
  }
  return widest;
}

void fit(std::vector<std::size_t>& widths, const std::vector<Title>& titles, std::size_t columns) {
  std::size_t all = kGap * (widths.size() - 1);
  for (const std::size_t width : widths) all += width;
  for (; all > columns; --all) {
    const std::size_t next = to_cut(titles, widths);
    if (widths[next] <= kNarrow) return;
    --widths[next];
  }
}

}  // namespace

Paper paper_of(Shell& shell) { return {shell.now(), shell.columns(), shell.colour()}; }

std::size_t room(const Paper& paper) { return static_cast<std::size_t>(std::max(paper.columns, 40)); }

std::string cut(const std::string& text, std::size_t columns) { return cut_columns(text, columns, "…"); }

std::string painted(const std::string& text, const std::string& state, const Paper& paper) {
  const char* colour = paper.colour ? colour_of(state) : nullptr;
  return colour == nullptr ? text : "\x1b[" + std::string(colour) + "m" + text + "\x1b[0m";
}

std::string heading(const std::string& text, const Paper& paper) {
  return paper.colour ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n";
}

std::string table(const std::vector<Title>& titles, const std::vector<Row>& rows, const Paper& paper) {
  std::vector<std::size_t> widths = wanted_widths(titles, rows);
  fit(widths, titles, room(paper));
  const auto padded = [&](const std::string& shown, const std::string& raw, std::size_t column) {
    const bool last = column + 1 == widths.size();
    return shown + (last ? std::string() : std::string(widths[column] - columns_of(raw) + kGap, ' '));
  };
  std::string line;
  for (std::size_t i = 0; i < titles.size(); ++i) line += padded(titles[i].text, titles[i].text, i);
  std::string out = heading(line, paper);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = cut(row[i], widths[i]);
      out += padded(painted(text, row[i], paper), text, i);
    }
    out += "\n";
  }
  return out;
}

}  // namespace striatum::cli
