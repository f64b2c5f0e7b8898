// SPDX-License-Identifier: Apache-2.0
#include "hooks/spool.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "hooks/baseline.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

using Kind = SpoolLine::Kind;

constexpr std::size_t kLong = std::size_t{4} << 20;
constexpr std::array<std::pair<Kind, std::string_view>, 4> kWords{
    {{Kind::judged, "judged"}, {Kind::committed, "commit"}, {Kind::rewritten, "rewrite"}, {Kind::skipped, "skipped"}}};

std::string spool_file(const git::Places& places) { return os::path_join(own_folder(places), "spool"); }
std::string old_file(const git::Places& places) { return os::path_join(own_folder(places), "spool.old"); }

std::vector<SpoolLine> parse(std::string_view bytes) {
  std::vector<SpoolLine> out;
  for (const std::string& text : split(bytes, '\n')) {
    if (auto line = parse_spool_line(text)) out.push_back(std::move(*line));
  }
  return out;
}

std::string read(const std::string& file) { return os::read_file(file).value_or(""); }

/// Blanks part the words; a session's name is what its environment says.
std::string word(std::string_view text) {
  if (text.empty() || text.find_first_of(" \n\t\r") != std::string_view::npos) return "-";
  return std::string(text);
}

}  // namespace

std::string to_text(const SpoolLine& line) {
  std::string out;
  for (const auto& [kind, text] : kWords) {
    if (kind == line.kind) out = text;
  }
  return out + " " + word(line.first) + " " + word(line.second) + " " + word(line.session.value_or("")) + "\n";
}

std::optional<SpoolLine> parse_spool_line(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 4) return std::nullopt;
  for (const auto& [kind, name] : kWords) {
    if (words[0] != name) continue;
    return SpoolLine{kind, words[1], words[2], words[3] == "-" ? std::nullopt : std::optional(words[3])};
  }
  return std::nullopt;
}

void append_spool(const git::Places& places, const std::vector<SpoolLine>& lines) {
  std::string bytes = "\n";  // ends what a writer that was killed has left
  for (const SpoolLine& line : lines) bytes += to_text(line);
  try {
    os::ensure_directory(own_folder(places), 0700);
    os::append(spool_file(places), bytes);
  } catch (const Error&) {
    return;
  }
}

std::vector<SpoolLine> read_spool(const git::Places& places) {
  return parse(read(old_file(places)) + read(spool_file(places)));
}

std::size_t spool_size(const git::Places& places) {
  struct stat info {};
  return ::stat(spool_file(places).c_str(), &info) == 0 ? static_cast<std::size_t>(info.st_size) : 0;
}

SpoolRest read_spool_from(const git::Places& places, std::size_t offset) {
  const std::string bytes = read(spool_file(places));
  const std::size_t from = offset <= bytes.size() ? offset : 0;
  const std::size_t end = bytes.rfind('\n') == std::string::npos ? 0 : bytes.rfind('\n') + 1;
  if (end <= from) return {{}, from};
  return {parse(std::string_view(bytes).substr(from, end - from)), end};
}

bool turn_spool(const git::Places& places) {
  return spool_size(places) > kLong && std::rename(spool_file(places).c_str(), old_file(places).c_str()) == 0;
}

}  // namespace striatum::hooks
