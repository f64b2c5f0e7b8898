# SPDX-License-Identifier: Apache-2.0
# The scripted suites. Labels: `once` = not again under sanitizers or coverage (timing, comparison, packaging);
# `long` = only with -DSTRIATUM_LONG_TESTS=ON, which tests/run.sh --full sets.
option(STRIATUM_LONG_TESTS "Run the long versions of the suites" OFF)

# striatum_suite(NAME TIMEOUT seconds [LABELS ...] COMMAND script [argument...]): a Python or shell script of tests/.
function(striatum_suite name)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS;COMMAND" ${ARGN})
  add_test(NAME "${name}" COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties("${name}" PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;PYTHONUNBUFFERED=1")
endfunction()

set(program $<TARGET_FILE:git-striatum>)
striatum_suite("e2e: examples" TIMEOUT 300 COMMAND e2e_examples/run.py --program ${program})
striatum_suite("e2e: demo" TIMEOUT 300 LABELS once COMMAND e2e_examples/demo.sh ${CMAKE_BINARY_DIR})
striatum_suite("docs: pages, verbs, links" TIMEOUT 300 LABELS once COMMAND docs/check_docs.py --program ${program})
striatum_suite("docs: commands of the pages" TIMEOUT 300
  COMMAND docs/run_examples.py --program ${program} ../README.md ../docs/GETTING_STARTED.md)
striatum_suite("packaging: installed tree" TIMEOUT 300 LABELS once
  COMMAND docs/check_install.py --build ${CMAKE_BINARY_DIR})

# fuzz/NAME.cpp: one libFuzzer target each (preset `fuzz`, clang). Inputs to begin with lie in fuzz/seeds/NAME.
if(STRIATUM_FUZZ)
  set(seconds 20)
  if(STRIATUM_LONG_TESTS)
    set(seconds 600)
  endif()
  file(GLOB targets CONFIGURE_DEPENDS fuzz/*.cpp)
  add_custom_target(fuzz-targets)
  foreach(source IN LISTS targets)
    get_filename_component(name ${source} NAME_WE)
    add_executable(fuzz-${name} ${source})
    target_link_libraries(fuzz-${name} PRIVATE striatum_hooks striatum_flags -fsanitize=fuzzer)
    add_dependencies(fuzz-targets fuzz-${name})
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name})
    add_test(NAME "fuzz: ${name}" COMMAND fuzz-${name} -max_total_time=${seconds} -timeout=10 -rss_limit_mb=2048
      -print_final_stats=1 ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/seeds/${name})
    set_tests_properties("fuzz: ${name}" PROPERTIES TIMEOUT 900 LABELS fuzz)
  endforeach()
endif()
