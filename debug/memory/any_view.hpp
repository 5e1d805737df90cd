// SPDX-License-Identifier: MIT
// Any MemoryView behind one type, for code that is not worth a template: a process, a core and a
// snapshot alike. Costs an indirect call for each read.
#pragma once

#include "layout/view.hpp"

namespace arenite {

class AnyView {
 public:
  /// Requires: `view` outlives this.
  template <MemoryView View>
    requires(!std::same_as<View, AnyView>)
  AnyView(const View& view)
      : memory_(&view), read_([](const void* memory, Address at, void* to, std::size_t bytes) {
          return static_cast<const View*>(memory)->read(at, to, bytes);
        }) {}

  bool read(Address at, void* to, std::size_t bytes) const { return read_(memory_, at, to, bytes); }

 private:
  const void* memory_;
  bool (*read_)(const void* memory, Address at, void* to, std::size_t bytes);
};
static_assert(MemoryView<AnyView>);

}  // namespace arenite
