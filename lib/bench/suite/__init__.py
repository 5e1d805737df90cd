# SPDX-License-Identifier: MIT
"""The side-by-side suite behind ci/bench: which allocators, which programs, how they are run, what is shown."""
