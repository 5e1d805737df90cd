#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# Builds every fuzz target with the fleet's compiler and flags alone: no RapidCheck, no GoogleTest, no CMake.
sources=(proptests/model/*.cpp fuzz/support/*.cpp lib/base/*.cpp lib/os/lock.cpp)
objects=()
mkdir -p "$WORK/objects"
for source in "${sources[@]}"; do
  case $source in *_test.cpp | fuzz/support/hop_seeds.cpp) continue ;; esac
  object=$WORK/objects/${source//\//_}.o
  # shellcheck disable=SC2086 # the flags are words
  $CXX $CXXFLAGS -std=c++20 -Ilib -Ilib/include -I. -c "$source" -o "$object"
  objects+=("$object")
done

for folder in fuzz/*/corpus; do
  target=$(basename "$(dirname "$folder")")
  # shellcheck disable=SC2086
  $CXX $CXXFLAGS -std=c++20 -Ilib -Ilib/include -I. "fuzz/$target/$target.cpp" "${objects[@]}" \
    $LIB_FUZZING_ENGINE -o "$OUT/$target"
  find "fuzz/$target/corpus" "fuzz/$target/regressions" -type f -print0 |
    xargs -0 zip -qj "$OUT/${target}_seed_corpus.zip"
  cp "fuzz/$target/$target.options" "$OUT/"
  if [ -e "fuzz/$target/$target.dict" ]; then cp "fuzz/$target/$target.dict" "$OUT/"; fi
done
