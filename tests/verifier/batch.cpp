// SPDX-License-Identifier: Apache-2.0
// verify-batch REPOSITORY FINGERPRINT: judges every revision or range read from standard input under that pinned root,
// in one process. A line each: the exit code, then the kinds of the findings. For tests that try very many forgeries.
#include <iostream>
#include <string>

#include "base/error.hpp"
#include "export/verify.hpp"

namespace {

void judge(const striatum::git::Repository& repository, const std::string& root, const std::string& revision) {
  striatum::provenance::VerifyOptions options;
  options.revision = revision;
  options.roots = {root};
  try {
    const striatum::provenance::Report report = striatum::provenance::verify(repository, options);
    std::cout << static_cast<int>(report.exit_code());
    for (const auto& finding : report.findings) std::cout << ' ' << finding.kind;
  } catch (const striatum::Error& error) {
    std::cout << static_cast<int>(error.code()) << ' ' << error.kind();
  }
  std::cout << '\n' << std::flush;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::cerr << "usage: verify-batch REPOSITORY FINGERPRINT < REVISIONS\n";
    return 2;
  }
  const auto repository = striatum::git::Repository::open(std::string(words[1]));
  for (std::string revision; std::getline(std::cin, revision);) judge(repository, words[2], revision);
}
