# qr_module(FOLDER [DEPS ...] [LIBS ...]): one folder = one static library = one namespace.
# The target of server/tree is server_tree; the sources are the folder's *.cc files.
function(qr_module folder)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE quorate_flags ${ARG_DEPS} ${ARG_LIBS})
  else()
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC quorate_flags ${ARG_DEPS} ${ARG_LIBS})
  endif()
endfunction()

# qr_tests(FOLDER [DEPS ...]): every *_test.cc of the folder in one GoogleTest binary, FOLDER_test.
function(qr_tests folder)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  if(sources)
    add_executable(${name}_test ${sources})
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF)  # Tests share names freely.
    target_precompile_headers(${name}_test REUSE_FROM tests_pch)
    target_link_libraries(${name}_test PRIVATE quorate_flags ${ARG_DEPS} ${ARG_LIBS}
      GTest::gtest GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      QUORATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${folder} COMMAND ${name}_test)
    set_tests_properties(${folder} PROPERTIES TIMEOUT 900
      ENVIRONMENT TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp)
  endif()
endfunction()
