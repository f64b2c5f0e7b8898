# SPDX-License-Identifier: Apache-2.0
# The scripted suites. Label `once` = not again under sanitizers or coverage (timing, comparison, packaging).
option(STRIATUM_LONG_TESTS "Run the long versions of the suites" OFF)

# Scripts know the long run by the variable of the same name.
set(long_word "")
if(STRIATUM_LONG_TESTS)
  set(long_word 1)
endif()

# Debian's own first: its packages (packages.list) are no other Python's.
find_program(PYTHON3 python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(PYTHON3 python3 REQUIRED)

# striatum_suite(NAME TIMEOUT seconds [LABELS ...] [CORES n | ALONE] COMMAND script [argument...]): a script of tests/.
# ALONE: times are measured, nothing else may run.
function(striatum_suite name)
  cmake_parse_arguments(arg "ALONE" "TIMEOUT;CORES" "LABELS;COMMAND" ${ARGN})
  list(GET arg_COMMAND 0 script)
  if(script MATCHES "\\.py$")
    list(PREPEND arg_COMMAND ${PYTHON3})
  endif()
  add_test(NAME "${name}" COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties("${name}" PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" SKIP_RETURN_CODE 77
    RUN_SERIAL ${arg_ALONE} ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;PYTHONUNBUFFERED=1;STRIATUM_LONG_TESTS=${long_word}")
  if(arg_CORES)
    set_tests_properties("${name}" PROPERTIES PROCESSORS ${arg_CORES})
  endif()
endfunction()

set(program $<TARGET_FILE:git-striatum>)
set(long ${STRIATUM_LONG_TESTS})
set(verifiers --verifier "${PYTHON3} verifier/verify.py" --verifier "$<TARGET_FILE:git-striatum> verify")

file(GLOB scripts CONFIGURE_DEPENDS e2e/test_*.py)
foreach(script IN LISTS scripts)
  get_filename_component(name ${script} NAME_WE)
  string(REPLACE "test_" "" name ${name})
  striatum_suite("e2e: ${name}" TIMEOUT 600 COMMAND ${script} ${program})
endforeach()
if(STRIATUM_LONG_TESTS)
  striatum_suite("e2e: many agents, long" TIMEOUT 3600 CORES 2 LABELS once
    COMMAND e2e/test_many_agents.py ${program} --agents 10 --jobs 200)
endif()
striatum_suite("e2e: examples" TIMEOUT 300 COMMAND e2e_examples/run.py --program ${program})
striatum_suite("e2e: demo" TIMEOUT 300 LABELS once COMMAND e2e_examples/demo.sh ${CMAKE_BINARY_DIR})
striatum_suite("docs: pages, verbs, links" TIMEOUT 300 LABELS once COMMAND docs/check_docs.py --program ${program})
striatum_suite("docs: commands of the pages" TIMEOUT 300
  COMMAND docs/run_examples.py --program ${program} ../README.md ../docs/GETTING_STARTED.md ../docs/WRITING_WORKFLOWS.md
  ../docs/HOW_TO_HUMAN.md ../docs/HOOKS.md ../docs/POLICY.md ../docs/VERIFYING_IN_CI.md)
striatum_suite("docs: workflow schema" TIMEOUT 300 LABELS once COMMAND docs/check_schema.py --program ${program})
striatum_suite("packaging: installed tree" TIMEOUT 300 LABELS once
  COMMAND docs/check_install.py --build ${CMAKE_BINARY_DIR})
striatum_suite("histories: both verifiers" TIMEOUT 900 CORES 2
  COMMAND histories/run.py ${verifiers})
striatum_suite("verifier: size" TIMEOUT 30 LABELS once COMMAND verifier/size.py)
striatum_suite("format: samples" TIMEOUT 120
  COMMAND verifier/samples.py ${verifiers})
striatum_suite("format: flipped bits" TIMEOUT 900 COMMAND verifier/flips.py $<TARGET_FILE:verify-batch>
  --slice $<IF:$<BOOL:${long}>,1,97> --verifier "${PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/verifier/verify.py")
striatum_suite("contract: recorded conversations" TIMEOUT 300 LABELS once
  COMMAND contract/run.py --program ${program})

# What is drawn by chance, and what is measured: a slice, or with STRIATUM_LONG_TESTS the whole.
set(crash $<IF:$<BOOL:${long}>,--full,--slice=0/60>)
set(injected $<IF:$<BOOL:${long}>,--slice=0/20,--slice=0/2000>)
set(signals $<IF:$<BOOL:${long}>,--full,--slice=0/60>)
set(disk $<IF:$<BOOL:${long}>,--full,--slice=0/30>)
set(hostile $<IF:$<BOOL:${long}>,--slice=0/1,--slice=0/12>)
set(mutations $<IF:$<BOOL:${long}>,5000,500>)
set(killed $<IF:$<BOOL:${long}>,20000,1600>)
set(calls $<IF:$<BOOL:${long}>,10000,1200>)
set(coverage $<IF:$<BOOL:${long}>,0.9,0.7>)
set(rounds $<IF:$<BOOL:${long}>,1000,50>)
set(mixed $<IF:$<BOOL:${long}>,50000,3000>)
set(boards $<IF:$<BOOL:${long}>,200,8>)
striatum_suite("differential: graphs, frames, summaries" TIMEOUT 3600 LABELS once COMMAND ./with_reference.sh
  ${PYTHON3} differential/boards.py --ours ${program} --runs ${boards})
# Long runs only.
if(STRIATUM_LONG_TESTS)
  striatum_suite("differential: skills and documents" TIMEOUT 1800 LABELS once COMMAND ./with_reference.sh
    ${PYTHON3} differential/scaffold.py --ours ${program} --seed 1 --calls 400)
endif()
striatum_suite("crash: every writing call" TIMEOUT 14400 CORES 2 LABELS once
  COMMAND crash/crash.py ${program} ${crash} --seed 1)
striatum_suite("crash: planted faults are found" TIMEOUT 600 CORES 2 LABELS once
  COMMAND crash/crash.py ${program} --self-check --show 0)
striatum_suite("hostile: names, paths, contents" TIMEOUT 3600 COMMAND hostile/hostile.py ${program} ${hostile})
striatum_suite("differential: against 1.24.0" TIMEOUT 7200 CORES 2 LABELS once COMMAND ./with_reference.sh
  ${PYTHON3} differential/differential.py --ours ${program} --seed 1 --calls ${calls} --coverage ${coverage})
striatum_suite("interop: one state file with 1.24.0" TIMEOUT 1800 CORES 2 LABELS once COMMAND ./with_reference.sh
  ${PYTHON3} differential/interop.py --ours ${program} --turns $<IF:$<BOOL:${long}>,5,1>
  --jobs $<IF:$<BOOL:${long}>,200,24>)
striatum_suite("faults: memory runs out" TIMEOUT 7200 CORES 2 LABELS once
  COMMAND faults/injected.py ${program} memory ${injected})
striatum_suite("faults: the disk is full" TIMEOUT 7200 CORES 2 LABELS once
  COMMAND faults/injected.py ${program} disk ${disk})
striatum_suite("faults: signals" TIMEOUT 7200 CORES 2 LABELS once
  COMMAND faults/injected.py ${program} signals ${signals})
striatum_suite("faults: clocks and late holders" TIMEOUT 600 LABELS once COMMAND faults/clock.py ${program})
striatum_suite("faults: damaged state files" TIMEOUT 3600 COMMAND faults/damage.py ${program} --mutations ${mutations})
striatum_suite("faults: places, replies, children" TIMEOUT 600 LABELS once COMMAND faults/places.py ${program})
striatum_suite("contention: one claim, one winner" TIMEOUT 3600 ALONE LABELS once
  COMMAND contention/claims.py ${program} --rounds ${rounds})
striatum_suite("contention: mixed calls" TIMEOUT 3600 ALONE LABELS once
  COMMAND contention/contention.py ${program} --calls ${mixed})
striatum_suite("contention: killed workers" TIMEOUT 3600 ALONE LABELS once
  COMMAND contention/contention.py ${program} --calls ${killed} --kill)

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
