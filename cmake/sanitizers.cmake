# KOINE_SANITIZE instruments everything below this directory: a process must not mix code with and
# without.
if(KOINE_SANITIZE)
  add_compile_options(
    -fsanitize=${KOINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KOINE_SANITIZE})
endif()
