// SPDX-License-Identifier: Apache-2.0
#include "base/columns.hpp"

#include <algorithm>

namespace striatum {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string head_columns(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size(); ++end) {
    if (starts_character(text[end]) && ++used > columns) break;
  }
  return std::string(text.substr(0, end));
}

std::string cut_columns(std::string_view text, std::size_t columns, std::string_view mark) {
  if (columns_of(text) <= columns) return std::string(text);
  return columns == 0 ? std::string() : head_columns(text, columns - 1) + std::string(mark);
}

std::string fill_columns(std::string text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  if (used < columns) text.append(columns - used, ' ');
  return text;
}

}  // namespace striatum
