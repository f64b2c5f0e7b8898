// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "os/background.hpp"
#include "support/catch.hpp"

using namespace striatum;
using os::Background;

TEST_CASE("background: pieces are worked on in their order, all of them", "[os]") {
  std::string done;
  Background background([&](std::string_view piece) { done += piece; });
  std::string wanted;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + std::string(static_cast<std::size_t>(i), '.');
    wanted += piece;
    background.put(piece);
  }
  background.finish();
  CHECK(done == wanted);
  background.put("more");
  background.finish();
  CHECK(done == wanted + "more");
}

TEST_CASE("background: what the work throws comes out, and no later piece is begun", "[os]") {
  std::string done;
  Background background([&](std::string_view piece) {
    if (piece == "bad") throw std::runtime_error("full");
    done += piece;
  });
  background.put("good");
  background.put("bad");
  CHECK_THROWS_AS(background.finish(), std::runtime_error);
  CHECK_THROWS_AS(background.put("late"), std::runtime_error);
  CHECK_THROWS_AS(background.finish(), std::runtime_error);
  CHECK(done == "good");
}

TEST_CASE("background: an end without `finish` waits for the piece at hand", "[os]") {
  int begun = 0;
  int ended = 0;
  {
    Background background([&](std::string_view) {
      ++begun;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ++ended;
    });
    for (int i = 0; i < 2; ++i) background.put("x");
  }
  CHECK(begun > 0);
  CHECK(begun == ended);
}
