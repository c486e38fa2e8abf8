"""Which sources are built: one place to raise a version, with all that must change with it."""

from __future__ import annotations

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


LLAMA = LlamaPin(
    distribution_version="0.3.36",
    sha256="832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
    commit="0c1e57098bba43ac29e6e3b677cdceebdd22334f",
    build_number=11312,
)
