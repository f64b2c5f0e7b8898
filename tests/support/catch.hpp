// SPDX-License-Identifier: Apache-2.0
// One include that fits Catch2 2.13 and 3.x; tests stay in their common subset.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#else
#include <catch2/catch.hpp>
#endif
