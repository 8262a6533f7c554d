# Compiler and linker flags of every target: strict warnings, hardening, sanitizers.
add_library(quorate_flags INTERFACE)
target_compile_options(quorate_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wnull-dereference -Wextra-semi -Werror
  -fno-omit-frame-pointer -fstack-protector-strong -fcf-protection=full)
# g++ 12 reports false positives of these from inside std:: at -O2.
target_compile_options(quorate_flags INTERFACE
  -Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
  -Wno-array-bounds -Wno-free-nonheap-object -Wno-dangling-pointer -Wno-missing-field-initializers)
target_include_directories(quorate_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(quorate_flags INTERFACE _GLIBCXX_ASSERTIONS)

if(QUORATE_SANITIZE)
  target_compile_options(quorate_flags INTERFACE -fsanitize=${QUORATE_SANITIZE}
    -fno-sanitize-recover=all)
  if(QUORATE_SANITIZE MATCHES undefined)
    # Null is found without its check, and objects that are too small by the address sanitizer. The
    # type of an object cannot be asked of cpprestsdk, which hides the type information of its
    # streams. Together they are a fifth of the time to compile.
    target_compile_options(quorate_flags INTERFACE -fno-sanitize=null,object-size,vptr)
  endif()
  target_link_options(quorate_flags INTERFACE -fsanitize=${QUORATE_SANITIZE})
  # Boost.Asio has fences, which the thread sanitizer does not model; each stands beside a mutex.
  if(QUORATE_SANITIZE MATCHES thread)
    target_compile_options(quorate_flags INTERFACE -Wno-tsan)
  endif()
else()
  target_compile_options(quorate_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=2>)
endif()
target_link_options(quorate_flags INTERFACE -Wl,-z,relro,-z,now)

find_program(QUORATE_MOLD mold)
if(QUORATE_MOLD)
  target_link_options(quorate_flags INTERFACE -fuse-ld=mold)
endif()
