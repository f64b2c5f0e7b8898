// SPDX-License-Identifier: Apache-2.0
// Text in columns: a code point is one, which on a terminal is right but for wide and combining ones.
#pragma once

#include <string>
#include <string_view>

namespace striatum {

[[nodiscard]] std::size_t columns_of(std::string_view text);
/// The first `columns` of it.
[[nodiscard]] std::string head_columns(std::string_view text, std::size_t columns);
/// No wider than `columns`: what is longer ends in `mark`, which takes one of them.
[[nodiscard]] std::string cut_columns(std::string_view text, std::size_t columns, std::string_view mark);
/// At least `columns` wide, blanks behind the text.
[[nodiscard]] std::string fill_columns(std::string text, std::size_t columns);

}  // namespace striatum
