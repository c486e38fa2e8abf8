"""llama-bench for Windows, from the same pinned source as on Linux."""

from __future__ import annotations

import os
from pathlib import Path

from vttbench.toolchain.llama_source import fetch_llama_source
from vttbench.toolchain.pins import LLAMA

from .building import Recipe, run

_PREFIX = "x86_64-w64-mingw32-"

_TOOLCHAIN = f"""\
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER {_PREFIX}gcc-posix)
set(CMAKE_CXX_COMPILER {_PREFIX}g++-posix)
set(CMAKE_RC_COMPILER {_PREFIX}windres)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
"""

# The headers of Debian 12 (mingw-w64 10) lack what Windows 10 added.
_COMPATIBILITY = """\
#include <windows.h>
#ifndef THREAD_POWER_THROTTLING_CURRENT_VERSION
#define THREAD_POWER_THROTTLING_CURRENT_VERSION 1
#define THREAD_POWER_THROTTLING_EXECUTION_SPEED 1
typedef struct { ULONG Version, ControlMask, StateMask; } THREAD_POWER_THROTTLING_STATE;
#endif
"""


def _build(work: Path) -> Path:
    run(["tar", "-xf", fetch_llama_source()], work)
    source = next(path for path in work.iterdir() if (path / "CMakeLists.txt").exists())
    toolchain, header = work / "toolchain.cmake", work / "compatibility.h"
    toolchain.write_text(_TOOLCHAIN)
    header.write_text(_COMPATIBILITY)
    run(
        [
            "cmake", "-S", source, "-B", work / "build",
            f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", "-DCMAKE_BUILD_TYPE=Release",
            "-DBUILD_SHARED_LIBS=OFF", "-DGGML_NATIVE=OFF", "-DLLAMA_CURL=OFF",
            "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF",
            "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_USE_PREBUILT_UI=OFF",
            "-DCMAKE_EXE_LINKER_FLAGS=-static",
            # CMake names libgomp as a DLL whatever the linker is told; its own threads need none.
            "-DGGML_OPENMP=OFF",
            # Cross-compiled, it would use nothing newer than SSE2 and take ten times as long.
            "-DGGML_AVX=ON", "-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_F16C=ON", "-DGGML_BMI2=ON",
            f"-DCMAKE_C_FLAGS=-D_WIN32_WINNT=0x0A00 -include {header}",
            "-DCMAKE_CXX_FLAGS=-D_WIN32_WINNT=0x0A00",
            f"-DLLAMA_BUILD_NUMBER={LLAMA.build_number}",
            f"-DLLAMA_BUILD_COMMIT={LLAMA.short_commit}",
        ],
        work,
    )  # fmt: skip
    run(
        ["cmake", "--build", work / "build", "--target", "llama-bench",
         "--parallel", str(os.cpu_count() or 1)],
        work,
    )  # fmt: skip
    return work / "build" / "bin" / "llama-bench.exe"


LLAMA_BENCH = Recipe(
    "llama-bench-avx2", LLAMA.version, "llama-bench.exe",
    {
        "cmake": "cmake", "make": "make", f"{_PREFIX}g++-posix": "g++-mingw-w64-x86-64-posix",
        f"{_PREFIX}gcc-posix": "gcc-mingw-w64-x86-64-posix",
    },
    _build,
)  # fmt: skip
