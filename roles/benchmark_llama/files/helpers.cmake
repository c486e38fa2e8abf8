# Included by llama.cpp's CMakeLists.txt after its project() (CMAKE_PROJECT_<name>_INCLUDE).
# Reading arguments, chat templates, JSON and a web client take half of the compiler's time at -O3, and none of it
# runs while something is measured: it needs no optimisation. What chooses tokens stays as it is.
function(vttbench_compile_helpers_lightly)
    foreach(target llama-common cpp-httplib)
        if(TARGET ${target})
            get_target_property(sources ${target} SOURCES)
            list(FILTER sources INCLUDE REGEX "\\.cpp$")
            list(FILTER sources EXCLUDE REGEX "sampling|speculative|ngram")
            # Relative names would be taken for files beside llama.cpp's first CMakeLists.txt.
            get_target_property(folder ${target} SOURCE_DIR)
            list(TRANSFORM sources REPLACE "^([^/].*)$" "${folder}/\\1")
            set_property(SOURCE ${sources} TARGET_DIRECTORY ${target} APPEND PROPERTY COMPILE_OPTIONS -O0)
        endif()
    endforeach()
endfunction()
cmake_language(DEFER CALL vttbench_compile_helpers_lightly)
