// SPDX-License-Identifier: Apache-2.0
// A folder that lives as long as a test, and OpenSSH's own tool to compare with.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "os/files.hpp"
#include "os/process.hpp"
#include "support/catch.hpp"

namespace striatum::test {

class Sandbox {
 public:
  Sandbox() {
    std::string pattern = (std::filesystem::temp_directory_path() / "striatum-export-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~Sandbox() { std::filesystem::remove_all(folder_); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + '/' + name; }
  void write(const std::string& name, const std::string& bytes) const {
    os::write_atomically(path(name), bytes, 0600);
  }
  [[nodiscard]] std::string read(const std::string& name) const { return os::read_file(path(name)).value(); }

  [[nodiscard]] os::Finished run(std::vector<std::string> argv, std::string input = {}) const {
    os::Command command;
    command.argv = std::move(argv);
    command.cwd = folder_;
    command.input = std::move(input);
    command.environment = {{"SSH_AUTH_SOCK", std::nullopt}};
    return os::run(command);
  }
  /// Makes the key pair `name`, `name.pub`.
  void ssh_key(const std::string& name, std::vector<std::string> how,
               const std::string& passphrase = "") const {
    std::vector<std::string> argv{"ssh-keygen", "-q", "-N", passphrase, "-C", "a comment", "-f", name};
    argv.insert(argv.end(), how.begin(), how.end());
    const os::Finished made = run(argv);
    INFO(made.err);
    REQUIRE(made.ok());
  }

 private:
  std::string folder_;
};

}  // namespace striatum::test
