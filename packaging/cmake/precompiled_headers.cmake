# SPDX-License-Identifier: Apache-2.0
# json.hpp costs a second in each file that includes it, GoogleTest another. Both are compiled once and shared; they are
# never what makes a file compile, since the presets tidy and release do without.
if(NOT CATTLE_PCH)
  return()
endif()

set(precompiled_headers <algorithm> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <string>
  <string_view> <utility> <vector> <nlohmann/json.hpp>)

add_library(precompiled_json OBJECT ${PROJECT_SOURCE_DIR}/packaging/cmake/precompiled.cpp)
target_link_libraries(precompiled_json PRIVATE project_options project_warnings third_party_json)
target_precompile_headers(precompiled_json PRIVATE ${precompiled_headers})
foreach(target IN ITEMS agent_commands agent_config agent_core agent_doctor agent_handlers agent_registration
    cattle_lab cattle_subscriber docker_client)
  if(TARGET ${target})
    target_precompile_headers(${target} REUSE_FROM precompiled_json)
  endif()
endforeach()

get_property(tests GLOBAL PROPERTY CATTLE_TEST_EXECUTABLES)
if(tests)
  find_package(GTest REQUIRED)
  add_library(precompiled_tests OBJECT ${PROJECT_SOURCE_DIR}/packaging/cmake/precompiled.cpp)
  target_link_libraries(precompiled_tests PRIVATE project_options project_warnings third_party_json GTest::gtest GTest::gmock)
  target_precompile_headers(precompiled_tests PRIVATE ${precompiled_headers} <gmock/gmock.h> <gtest/gtest.h>)
  foreach(target IN LISTS tests)
    target_precompile_headers(${target} REUSE_FROM precompiled_tests)
  endforeach()
endif()
