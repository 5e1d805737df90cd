#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# Builds the fuzz targets with the fleet's compiler and flags alone: no RapidCheck, no GoogleTest, no CMake.
#   build.sh [TARGET...]     all that have a corpus if none is named
# Uses $CXX $CXXFLAGS $LIB_FUZZING_ENGINE $OUT $WORK.
objects=$WORK/objects
rm -rf "$objects"
mkdir -p "$objects" "$OUT"

# Everything a target may be made of, in an archive: what a target needs of it is linked.
sources() {
  find lib/base lib/os lib/heap debug/options debug/fill debug/guard debug/memory debug/audit debug/snapshot debug/target \
    proptests/model fuzz/support -maxdepth 1 -name '*.cpp'
  echo lib/frontend/c/own_heap.cpp
  echo lib/frontend/process/process_heap.cpp
}

compile() { # SOURCE
  local object=$objects/${1//\//_}.o
  # shellcheck disable=SC2086 # the flags are words
  $CXX $CXXFLAGS -std=c++20 -Ilib -Ilib/include -I. -c "$1" -o "$object"
}
export -f compile
export objects CXX CXXFLAGS

# What has a main of its own would be linked for AFL++'s, which comes behind the archive.
sources | grep -vE '_test\.cpp$|planted_heaps\.cpp$|lib/os/deepbind\.cpp$' | xargs grep -L '^int main(' | sort |
  xargs -P "$(nproc)" -I {} bash -euc 'compile {}'
rm -f "$WORK/libarenite_fuzz.a"
ar rcs "$WORK/libarenite_fuzz.a" "$objects"/*.o

if [ $# -eq 0 ]; then
  for folder in fuzz/*/corpus; do
    folder=${folder%/corpus}
    set -- "$@" "${folder#fuzz/}"
  done
fi
# What the explorer runs is instrumented for it instead of for a sanitizer, and stands before all else.
explored() { # prints the objects
  local source object
  # AFL++'s counters would be explored with it, and race.
  echo 'src:*' > "$WORK/uncounted"
  for source in proptests/schedule/dealt_program lib/os/lock; do
    object=$objects/explored_${source##*/}.o
    # shellcheck disable=SC2086
    AFL_LLVM_DENYLIST=$WORK/uncounted $CXX $CXXFLAGS -fno-sanitize=address,undefined -fsanitize=thread -std=c++20 -Ilib -Ilib/include -I. -c $source.cpp -o "$object"
    echo "$object"
  done
  for source in fuzz/schedule/schedule proptests/schedule/{atomic_memory,choices,explorer,fiber,heap_end,instrumentation,plain_memory,run,system_calls}; do
    object=$objects/plain_${source##*/}.o
    # shellcheck disable=SC2086
    $CXX $CXXFLAGS -fno-sanitize=address,undefined -std=c++20 -Ilib -Ilib/include -I. -c "$source.cpp" -o "$object"
    echo "$object"
  done
}

for target; do
  main=(fuzz/"$target/$target.cpp")
  if [ "$target" = schedule ]; then mapfile -t main < <(explored); fi
  # shellcheck disable=SC2086
  $CXX $CXXFLAGS -std=c++20 -Ilib -Ilib/include -I. "${main[@]}" "$WORK/libarenite_fuzz.a" \
    $LIB_FUZZING_ENGINE -l:libzstd.a -l:libxxhash.a -o "$OUT/$target"
  rm -f "$OUT/${target}_seed_corpus.zip"
  find "fuzz/$target/corpus" "fuzz/$target/regressions" -type f -print0 2> /dev/null |
    xargs -0 zip -qj "$OUT/${target}_seed_corpus.zip"
  cp "fuzz/$target/$target.options" "$OUT/"
  if [ -e "fuzz/$target/$target.dict" ]; then cp "fuzz/$target/$target.dict" "$OUT/"; fi
done
