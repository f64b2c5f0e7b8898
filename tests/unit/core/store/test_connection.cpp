// SPDX-License-Identifier: Apache-2.0
#include "store/connection.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temp_repo.hpp"

using namespace striatum;
using store::Access;
using store::Connection;

namespace {

/// A folder with an empty database.
struct Place {
  test::TempFolder folder;
  std::string file = folder / "state.sqlite3";
  Place() { std::ofstream(file).close(); }
  [[nodiscard]] Connection open() const { return {file, Access::read_write}; }
};

}  // namespace

TEST_CASE("connection: rows have SQLite's types, of two columns by one name the later", "[store]") {
  const Place place;
  Connection db = place.open();
  CHECK(db.rows("SELECT 1 AS number, 0.5 AS fraction, 'text' AS word, x'0aff' AS bytes, NULL AS absent, 1 AS twice, 2 AS twice") ==
        Json::array({{{"number", 1}, {"fraction", 0.5}, {"word", "text"}, {"bytes", "0aff"}, {"absent", nullptr}, {"twice", 2}}}));
  CHECK(db.rows("SELECT 1 AS number WHERE 0") == Json::array());
}

TEST_CASE("connection: a statement prepared before the schema changed names the columns that are there now", "[store]") {
  const Place place;
  Connection db = place.open();
  db.execute("CREATE TABLE t (a, kept); INSERT INTO t VALUES (1, 'x'), (2, 'y');");
  const auto rows = [&] { return db.rows("SELECT * FROM t ORDER BY kept"); };
  CHECK(rows() == Json::array({{{"a", 1}, {"kept", "x"}}, {{"a", 2}, {"kept", "y"}}}));
  place.open().execute("ALTER TABLE t RENAME COLUMN a TO a_name_too_long_for_the_small_strings; ALTER TABLE t ADD COLUMN more;");
  const auto row = [](int number, const char* kept) {
    return Json{{"a_name_too_long_for_the_small_strings", number}, {"kept", kept}, {"more", nullptr}};
  };
  CHECK(rows() == Json::array({row(1, "x"), row(2, "y")}));
}
