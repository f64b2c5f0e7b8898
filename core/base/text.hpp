// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace striatum {

[[nodiscard]] std::string_view trim(std::string_view text);
/// ASCII only; other bytes stay.
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Blank means empty or white space alone.
[[nodiscard]] bool blank(std::string_view text);
/// Nothing but 0x20 to 0x7e.
[[nodiscard]] bool printable_ascii(std::string_view text);
/// Printable ASCII that JSON writes as it stands: without quote and backslash.
[[nodiscard]] bool plain_in_json(std::string_view text);
[[nodiscard]] bool valid_utf8(std::string_view bytes);
/// Valid UTF-8: every invalid byte becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);
/// Safe on a terminal: C0, DEL, C1 and bidirectional controls shown as \xNN or \u{…}; other text unchanged.
[[nodiscard]] std::string printable(std::string_view text);
/// `printable` for each line; line breaks stay.
[[nodiscard]] std::string printable_lines(std::string_view text);
/// Line breaks become blanks; used for messages that must stay one line.
[[nodiscard]] std::string one_line(std::string_view text);
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// Empty when `hex` is not an even number of lower- or upper-case digits.
[[nodiscard]] std::string from_hex(std::string_view hex);
[[nodiscard]] bool is_hex(std::string_view text, std::size_t length);

}  // namespace striatum
