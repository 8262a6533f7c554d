# What `cmake --install` and `cpack` ship: bin/, conf/, LICENSE, README.md, laid out as ZooKeeper's
# own distribution, so that scripts that know bin/zkServer.sh and conf/zoo.cfg find them.
foreach(program quorate-server quorate)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION bin)
  endif()
endforeach()

# The same binary under the names of ZooKeeper's scripts.
install(CODE [[
  set(bin "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/bin")
  foreach(name zkServer.sh zkCli.sh)
    file(REMOVE "${bin}/${name}")
    file(CREATE_LINK quorate "${bin}/${name}" SYMBOLIC)
    message(STATUS "Linked: ${bin}/${name}")
  endforeach()
]])

install(FILES ${CMAKE_SOURCE_DIR}/server/cli/zoo_sample.cfg DESTINATION conf)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION .)
if(EXISTS ${CMAKE_SOURCE_DIR}/README.md)
  install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION .)
endif()

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_NAME quorate)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
string(TOLOWER "${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}" quorate_platform)
set(CPACK_PACKAGE_FILE_NAME quorate-${PROJECT_VERSION}-${quorate_platform})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "A coordination service that speaks ZooKeeper's protocol")
set(CPACK_STRIP_FILES ON)
include(CPack)
