// SPDX-License-Identifier: MIT
// The `Threads` of a HeapSource whose caller has one thread block, whoever calls. For tests.
#pragma once

#include "thread/arrays.hpp"

namespace arenite {

struct OneThread {
  struct Thread {
    ThreadBlock number;
    ThreadBlock block() const { return number; }
  };
  ThreadBlock* number;
  Thread operator()() const { return {*number}; }
};

}  // namespace arenite
